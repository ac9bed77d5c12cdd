#include "router/h2/request_text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace davit::router::h2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Written {
  std::string text;
  std::string refusal;
  int status = 0;
  std::unique_ptr<http::RequestHead> head = std::make_unique<http::RequestHead>();
  std::vector<char> out = std::vector<char>(limits::request_head_bytes_max);
};

Written write(const Fields& fields, bool has_body = false) {
  RequestText request;
  for (const auto& [name, value] : fields) request.add(name, value);
  Written written;
  const auto refusal = request.write(has_body, written.out, *written.head);
  if (refusal) {
    written.refusal = refusal.why;
    written.status = refusal.status;
  } else {
    written.text.assign(written.out.data(), request.size());
  }
  return written;
}

Fields get(Fields more = {}) {
  Fields fields = {
      {":method", "GET"}, {":scheme", "https"}, {":path", "/p?q"}, {":authority", "a.org:8443"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

TEST(RequestText, IsAnHttp1Head) {
  const Written written = write(get({{"x-one", "1"}, {"te", "trailers"}}));
  EXPECT_EQ(written.text,
            "GET /p?q HTTP/1.1\r\nhost: a.org:8443\r\nx-one: 1\r\nte: trailers\r\n\r\n");
  EXPECT_EQ(written.head->host, "a.org");
  EXPECT_EQ(written.head->body, http::BodyKind::none);
}

TEST(RequestText, ABodyWithoutALengthIsChunked) {
  EXPECT_EQ(write(get(), true).head->body, http::BodyKind::chunked);
  const Written sized = write(get({{"content-length", "5"}}), true);
  EXPECT_EQ(sized.head->body, http::BodyKind::length);
  EXPECT_EQ(sized.text.find("chunked"), sized.text.npos);
}

// It vanished: the app saw a request without the field that its client had sent.
TEST(RequestText, AnEmptyCookieIsAField) {
  EXPECT_NE(write(get({{"cookie", ""}})).text.find("\r\ncookie: \r\n"), std::string::npos);
  const Written joined = write(get({{"cookie", ""}, {"cookie", "a=1"}, {"cookie", ""}}));
  EXPECT_NE(joined.text.find("\r\ncookie: a=1\r\n"), joined.text.npos);
}

TEST(RequestText, CookiesAreJoined) {
  const Written written = write(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}}));
  EXPECT_NE(written.text.find("\r\ncookie: a=1; b=2\r\n"), written.text.npos);
}

TEST(RequestText, HostStandsInForTheAuthority) {
  const Fields fields = {
      {":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "a.org"}};
  EXPECT_EQ(write(fields).head->host, "a.org");
  EXPECT_EQ(write(get({{"host", "A.org:8443"}})).refusal, "");
  EXPECT_EQ(write(get({{"host", "b.org"}})).refusal, "a Host header that differs from :authority");
}

TEST(RequestText, NothingIsSmuggledThroughNamesAndValues) {
  for (const auto& [name, value] : Fields{{"x", "a\r\nhost: b"},
                                          {"x", std::string("a\0b", 3)},
                                          {"x", "a\nb"},
                                          {"x\r\ny", "1"},
                                          {"x y", "1"},
                                          {"x:", "1"},
                                          {"", "1"},
                                          {"X-Upper", "1"},
                                          {"transfer-encoding", "chunked"},
                                          {"connection", "close"},
                                          {"upgrade", "websocket"},
                                          {"keep-alive", "5"},
                                          {"proxy-connection", "x"},
                                          {"te", "gzip"},
                                          {":path", "/again"},
                                          {":status", "200"},
                                          {":unknown", "x"},
                                          {"content-length", "5, 5"},
                                          {"content-length", "-1"}}) {
    EXPECT_NE(write(get({{name, value}})).refusal, "") << name << ": " << value;
  }
  EXPECT_NE(write(get({{"content-length", "5"}, {"content-length", "5"}})).refusal, "");
  EXPECT_NE(write(get({{"host", "a.org:8443"}, {"host", "a.org:8443"}})).refusal, "");
}

TEST(RequestText, PseudoFieldsAreComplete) {
  const Fields whole = get();
  for (const char* left_out : {":method", ":scheme", ":path"}) {
    Fields fields;
    for (const auto& field : whole) {
      if (field.first != left_out) fields.push_back(field);
    }
    EXPECT_EQ(write(fields).refusal, "a pseudo-field is missing") << left_out;
  }
  for (const char* path : {"", "p", "/a b", "/a\r\nx: y", "http://b.org/", "/a#b", "/\x7f"}) {
    Fields fields = get();
    fields[2].second = path;
    EXPECT_NE(write(fields).refusal, "") << path;
  }
  for (const char* method : {"G ET", "GET\r\n", "", "G/T"}) {
    Fields fields = get();
    fields[0].second = method;
    EXPECT_NE(write(fields).refusal, "") << method;
  }
  for (const char* authority : {"user@a.org", "a.org/x", "a.org:99999", "a b", "[::1"}) {
    Fields fields = get();
    fields[3].second = authority;
    EXPECT_NE(write(fields).refusal, "") << authority;
  }
  Fields late = {{":method", "GET"}, {"x", "y"}, {":path", "/"}, {":scheme", "https"}};
  EXPECT_EQ(write(late).refusal, "a pseudo-field after other fields");
}

TEST(RequestText, WhatHttp1RefusesIsRefusedTheSameWay) {
  Fields connect = get();
  connect[0].second = "CONNECT";
  EXPECT_EQ(write(connect).status, 405);
  EXPECT_EQ(write(get({{"expect", "magic"}})).status, 417);
  EXPECT_EQ(write(get({{"x", std::string(9000, 'a')}})).refusal, "a header line that is too long");
  Fields many = get();
  for (int i = 0; i < 10; ++i) many.emplace_back("x", std::string(4000, 'a'));
  EXPECT_EQ(write(many).refusal, "a head of more than 32 kB");
  Fields thousands = get();
  for (int i = 0; i < 1001; ++i) thousands.emplace_back("x", "y");
  EXPECT_EQ(write(thousands).refusal, "more than 1000 headers");
}

TEST(RequestText, TrailersAreLinesWithoutFraming) {
  std::string lines;
  EXPECT_TRUE(RequestText::append_trailer("grpc-status", "0", lines));
  EXPECT_TRUE(RequestText::append_trailer("content-length", "5", lines));
  EXPECT_TRUE(RequestText::append_trailer("transfer-encoding", "chunked", lines));
  EXPECT_EQ(lines, "grpc-status: 0\r\n");
  EXPECT_FALSE(RequestText::append_trailer("X", "0", lines));
  EXPECT_FALSE(RequestText::append_trailer("x", "a\r\nb: c", lines));
  EXPECT_FALSE(RequestText::append_trailer("x", std::string(9000, 'a'), lines));
}

}  // namespace
}  // namespace davit::router::h2
