#include "server/fetch/fetcher.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/files.hpp"
#include "base/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/server_fetch/canned_server.hpp"

namespace davit::fetch {
namespace {
using namespace std::chrono_literals;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

FetchRequest request(const std::string& url) { return {url, "*/*", 1000, 20s}; }

// A certificate for "localhost" that is its own authority.
CannedServer::Tls make_certificate(const test::TempDir& dir) {
  ProcessOptions openssl;
  openssl.argv = {"/usr/bin/openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "ec",
                  "-pkeyopt",
                  "ec_paramgen_curve:prime256v1",
                  "-nodes",
                  "-days",
                  "1",
                  "-subj",
                  "/CN=localhost",
                  "-addext",
                  "subjectAltName=DNS:localhost",
                  "-keyout",
                  dir.str("key"),
                  "-out",
                  dir.str("cert")};
  EXPECT_EQ(Process::spawn(openssl).value().wait().value(), 0);
  return {dir.str("cert"), dir.str("key")};
}

TEST(Fetcher, GetsABodyByTlsWithTheAdminsAuthority) {
  const test::TempDir dir;
  CannedServer server({ok("hello"), ok("hello")}, make_certificate(dir));
  const Fetcher fetcher({{"SSL_CERT_FILE", dir.str("cert")}});
  const auto text = fetcher.text(request(server.url("/x?y")), {});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "hello");
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /x?y HTTP/1.1\r\nHost: localhost:"));
  const auto other =
      fetcher.text(request("https://127.0.0.1:" + std::to_string(server.port()) + "/"), {});
  ASSERT_FALSE(other) << "the certificate is not for this name";
  EXPECT_EQ(other.error().code, Errc::unavailable);
}

TEST(Fetcher, ACertificateOfNobodyIsRefused) {
  const test::TempDir dir;
  CannedServer server({ok("evil")}, make_certificate(dir));
  const auto text = Fetcher({}).text(request(server.url("/")), {});
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("agree on TLS"), std::string::npos) << text.error().message;
}

TEST(Fetcher, FollowsRedirectsSoFar) {
  CannedServer target({ok("there")});
  const std::string there =
      "HTTP/1.1 302 Found\r\nLocation: " + target.url("/b") + "\r\nContent-Length: 0\r\n\r\n";
  CannedServer server({there});
  EXPECT_EQ(Fetcher({}).text(request(server.url("/a")), {}).value(), "there");
  const std::string circle = "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n";
  CannedServer round(std::vector<std::string>(10, circle));
  const auto never = Fetcher({}).text(request(round.url("/a")), {});
  ASSERT_FALSE(never);
  EXPECT_NE(never.error().message.find("redirects"), std::string::npos);
}

TEST(Fetcher, WhatIsTooLargeOrMissingOrCutIsAnError) {
  CannedServer server({ok(std::string(2000, 'x')),
                       "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'),
                       "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "garbage\r\n\r\n"});
  const Fetcher fetcher({});
  EXPECT_EQ(fetcher.text(request(server.url("/")), {}).error().code, Errc::too_large);
  EXPECT_EQ(fetcher.text(request(server.url("/")), {}).error().code, Errc::too_large);
  EXPECT_EQ(fetcher.text(request(server.url("/")), {}).error().code, Errc::not_found);
  EXPECT_EQ(fetcher.text(request(server.url("/")), {}).error().code, Errc::unavailable);
  EXPECT_EQ(fetcher.text(request(server.url("/")), {}).error().code, Errc::unavailable);
}

TEST(Fetcher, ASilentServerEndsAtTheTimeLimit) {
  CannedServer server({""});
  FetchRequest slow = request(server.url("/"));
  slow.time_limit = 100ms;
  EXPECT_EQ(Fetcher({}).text(slow, {}).error().code, Errc::timeout);
}

TEST(Fetcher, ARequestToStopEndsIt) {
  CannedServer server({""});
  std::stop_source stop;
  std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(Fetcher({}).text(request(server.url("/")), stop.get_token()).error().code,
            Errc::cancelled);
}

TEST(Fetcher, GoesThroughAProxy) {
  CannedServer proxy({ok("by proxy"), "HTTP/1.1 403 Forbidden\r\n\r\n"});
  const std::string address = "http://ann:secret@localhost:" + std::to_string(proxy.port());
  const Fetcher fetcher({{"http_proxy", address}, {"https_proxy", address}});
  EXPECT_EQ(fetcher.text(request("http://runtimes.example/x"), {}).value(), "by proxy");
  EXPECT_FALSE(fetcher.text(request("https://runtimes.example/x"), {}));
  const auto heads = proxy.requests();
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_TRUE(heads[0].starts_with("GET http://runtimes.example/x HTTP/1.1\r\n")) << heads[0];
  EXPECT_NE(heads[0].find("Proxy-Authorization: Basic YW5uOnNlY3JldA=="), std::string::npos);
  EXPECT_TRUE(heads[1].starts_with("CONNECT runtimes.example:443 HTTP/1.1\r\n")) << heads[1];
}

// Errors go to tenants: neither what a name of the inner network resolves to, nor the proxy, nor
// what opens a private address is for them.
TEST(Fetcher, ErrorsTellATenantNothingOfTheInnerNetwork) {
  const Fetcher guarded({}, Guard::public_only({}).value());
  const auto inner = guarded.text(request("http://me:pw@localhost:1/a?token=t"), {});
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().code, Errc::forbidden);
  CannedServer proxy({"HTTP/1.1 403 Forbidden\r\n\r\n"});
  const std::string address = "http://ann:secret@localhost:" + std::to_string(proxy.port());
  const Fetcher behind({{"https_proxy", address}}, Guard::public_only({}).value());
  const auto refused = behind.text(request("https://a.example/a?token=t"), {});
  ASSERT_FALSE(refused);
  for (const auto& message : {inner.error().message, refused.error().message}) {
    for (const char* secret : {"127.0.0.1", "::1", "pw", "token", "ann", "secret", "localhost:3"}) {
      EXPECT_EQ(message.find(secret), std::string::npos) << message;
    }
    EXPECT_EQ(message.find(std::to_string(proxy.port())), std::string::npos) << message;
  }
  EXPECT_EQ(behind.text(request("https://metadata.google.internal/"), {}).error().code,
            Errc::forbidden);
  EXPECT_EQ(proxy.requests().size(), 1u) << "the proxy is not asked for what it must not open";
}

TEST(Fetcher, AFileThatIsThereIsNotOverwritten) {
  const test::TempDir dir;
  CannedServer server({ok("first")});
  ASSERT_TRUE(Fetcher({}).to_file(request(server.url("/")), dir.str("f"), {}));
  EXPECT_EQ(read_file(dir.path() / "f", 100).value(), "first");
  EXPECT_FALSE(Fetcher({}).to_file(request(server.url("/")), dir.str("f"), {}));
}

}  // namespace
}  // namespace davit::fetch
