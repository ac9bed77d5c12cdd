#include "router/access_log.hpp"

#include <gtest/gtest.h>

#include "router/limits.hpp"

namespace davit::router {
namespace {

LogRecord sample() {
  LogRecord record;
  record.app = "blog";
  record.method = "GET";
  record.path = "/a\"b";
  record.host = "blog.localhost";
  record.request_id = "rid";
  record.forwarded_for = "1.1.1.1, 2.2.2.2";
  record.dyno = "web.1";
  record.connect_ms = 1;
  record.service_ms = 18;
  record.status = 200;
  record.bytes = 13;
  return record;
}

TEST(AccessLogLine, IsTheVendors) {
  EXPECT_EQ(format_line(sample()),
            "at=info method=GET path=\"/a%22b\" host=blog.localhost request_id=rid fwd=\"1.1.1.1, "
            "2.2.2.2\" "
            "dyno=web.1 connect=1ms service=18ms status=200 bytes=13 protocol=http1.1 tls=false");
}

TEST(AccessLogLine, IsJsonForWhoAsksForIt) {
  LogRecord record = sample();
  record.as_json = true;
  record.path = "/\"\n\xff";
  EXPECT_EQ(make_line(record, 0).text,
            R"({"at":"info","method":"GET","path":"/\"\n�","host":"blog.localhost",)"
            R"("request_id":"rid","fwd":"1.1.1.1, 2.2.2.2","dyno":"web.1","connect_ms":1,)"
            R"("service_ms":18,"status":200,"bytes":13,"received":0,"protocol":"http1.1"})");
  record.code = HCode::h14;
  EXPECT_TRUE(make_line(record, 0).text.starts_with(
      R"({"at":"error","code":"H14","desc":"No web dynos running","method":)"));
}

TEST(AccessLogLine, SaysWhichProtocolAndTlsItWas) {
  LogRecord record = sample();
  record.http2 = true;
  record.tls_version = "tls1.3";
  EXPECT_TRUE(format_line(record).ends_with("protocol=http2 tls=true tls_version=tls1.3"));
}

TEST(AccessLogLine, ErrorsHaveCodeAndDescription) {
  LogRecord record = sample();
  record.code = HCode::h14;
  record.dyno.clear();
  record.connect_ms = record.service_ms = -1;
  record.status = 503;
  record.bytes = 0;
  EXPECT_EQ(format_line(record),
            "at=error code=H14 desc=\"No web dynos running\" method=GET path=\"/a%22b\" "
            "host=blog.localhost "
            "request_id=rid fwd=\"1.1.1.1, 2.2.2.2\" dyno= connect= service= status=503 bytes=0 "
            "protocol=http1.1 tls=false");
}

TEST(AccessLogLine, SaysWhoseConnectionBroke) {
  LogRecord record = sample();
  record.code = HCode::h18;
  EXPECT_TRUE(format_line(record).starts_with("sock=backend at=error code=H18 desc="))
      << format_line(record);
  record.code = HCode::h27;
  EXPECT_TRUE(format_line(record).starts_with("sock=client at=warning code=H27 desc="))
      << format_line(record);
}

TEST(AccessLogLine, ARequestThatWaitedSaysHowLong) {
  LogRecord record = sample();
  record.queue_ms = 812;
  EXPECT_TRUE(format_line(record).ends_with(" protocol=http1.1 tls=false queue=812ms"))
      << format_line(record);
}

TEST(AccessLogLine, EveryCodeHasItsEntry) {
  for (int code = 0; code <= static_cast<int>(HCode::slow_head); ++code)
    describe(static_cast<HCode>(code));
}

TEST(AccessLog, LinesAreKeptUntilAcknowledged) {
  AccessLog log(100);
  for (int i = 0; i < 3; ++i) log.append({0, "blog", i, "line", {}, 0});
  EXPECT_EQ(log.take_batch().lines.size(), 3u);
  EXPECT_FALSE(log.has_more());
  log.acknowledge(100);
  log.rewind();  // davitd is back, and had stored one line
  const LogBatch again = log.take_batch();
  ASSERT_EQ(again.lines.size(), 2u);
  EXPECT_EQ(again.lines[0].sequence, 101u);
  EXPECT_EQ(again.dropped, 0u);
  log.acknowledge(102);
  EXPECT_EQ(log.bytes(), 0u);
}

TEST(AccessLog, IsBoundedAndCountsWhatItDrops) {
  AccessLog log(1);
  const std::string text(1000, 'x');
  const int count = 20000;
  for (int i = 0; i < count; ++i) log.append({0, "blog", i, text, {}, 0});
  EXPECT_LE(log.bytes(), limits::log_spool_bytes_max);
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
  while (log.has_more()) {
    const LogBatch batch = log.take_batch();
    kept += batch.lines.size();
    dropped += batch.dropped;
  }
  EXPECT_EQ(kept + dropped, static_cast<std::uint64_t>(count));
  EXPECT_GT(dropped, 0u);
}

}  // namespace
}  // namespace davit::router
