#include "router/protocol/messages.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace davit::router {
namespace {

Frame frame_in(const std::string& bytes) {
  FrameDecoder decoder(1 << 20);
  decoder.feed(bytes);
  return decoder.next().value().value();
}

Event sent(const Event& event) { return decode_event(frame_in(encode(event))).value(); }
Command sent(const Command& command) { return decode_command(frame_in(encode(command))).value(); }

RouteTable sample_table() {
  RouteTable table;
  table.version = 7;
  table.control_hosts = {"localhost", "git.localhost"};
  table.control.address = "unix:/run/davit/api.sock";
  AppRoute app;
  app.app = "blog";
  app.hosts = {"blog.localhost"};
  app.state = AppState::starting;
  app.maintenance = true;
  app.dynos = {{"id-1", "web.1", {"127.0.0.1:4000"}}};
  table.apps = {app};
  return table;
}

TEST(RouterMessages, HelloKeepsEveryField) {
  const Hello hello{1, 42, 9, 5, {"http 127.0.0.1:8080"}, {"id-1"}};
  const auto back = std::get<Hello>(sent(Event(hello)));
  EXPECT_EQ(back.version, 1);
  EXPECT_EQ(back.pid, 42);
  EXPECT_EQ(back.table_version, 9u);
  EXPECT_EQ(back.certificates_version, 5u);
  EXPECT_EQ(back.listening, hello.listening);
  EXPECT_EQ(back.draining, hello.draining);
}

TEST(RouterMessages, SetTableKeepsTheWholeTable) {
  const auto back = std::get<SetTable>(sent(Command(SetTable{sample_table()})));
  EXPECT_EQ(back.table.to_json(), sample_table().to_json());
  EXPECT_EQ(back.table.apps[0].state, AppState::starting);
  EXPECT_TRUE(back.table.apps[0].maintenance);
}

// The boundary: what fits exactly is one message, one byte less makes two.
TEST(RouterMessages, CertificatesGoInPartsThatFit) {
  CertificateSet set{7, {}};
  for (int i = 0; i < 20; ++i) {
    const std::string pem(static_cast<std::size_t>(100 + i), '\n');
    set.certificates.push_back({{"app-" + std::to_string(i) + ".org"}, pem, "key", i == 0});
  }
  set.certificates[5].chain_pem.assign(5'000, 'x');
  for (const std::size_t limit : {1ul, 500ul, 700ul, 1'000ul, 4'000ul}) {
    CertificateSet together{7, {}};
    const auto parts = in_parts(set, limit);
    EXPECT_GT(parts.size(), 1u);
    for (const SetCertificates& part : parts) {
      EXPECT_EQ(part.set.version, 7u);
      EXPECT_EQ(part.more, &part != &parts.back());
      const bool alone = part.set.certificates.size() == 1;
      EXPECT_TRUE(alone || encode(Command(part)).size() <= limit) << limit;
      const auto sent_part = std::get<SetCertificates>(sent(Command(part)));
      EXPECT_EQ(sent_part.more, part.more);
      for (const auto& entry : sent_part.set.certificates) together.certificates.push_back(entry);
    }
    EXPECT_EQ(together.certificates, set.certificates) << limit;
  }
  EXPECT_EQ(in_parts(set, 1'000'000).size(), 1u);
  EXPECT_EQ(in_parts({7, {}}, 1).size(), 1u) << "an empty set is a set";
}

TEST(RouterMessages, CertificatesKeepEveryField) {
  CertificateSet set;
  set.version = 4;
  set.certificates = {{{"a.org", "*.a.org"}, "chain", "key", true}, {{}, "c", "k", false}};
  const auto back = std::get<SetCertificates>(sent(Command(SetCertificates{set})));
  EXPECT_EQ(back.set.version, 4u);
  EXPECT_EQ(back.set.certificates, set.certificates);
  const CertificatesApplied applied{4, {"certificate of 'a.org': garbage"}};
  const auto told = std::get<CertificatesApplied>(sent(Event(applied)));
  EXPECT_EQ(told.version, 4u);
  EXPECT_EQ(told.problems, applied.problems);
}

TEST(RouterMessages, AnAppsHttpsSettingsTravelWithTheTable) {
  RouteTable table = sample_table();
  table.apps[0].https_redirect = true;
  table.apps[0].hsts_seconds = 31'536'000;
  const auto back = std::get<SetTable>(sent(Command(SetTable{table})));
  EXPECT_EQ(back.table.apps, table.apps);
}

TEST(RouterMessages, SmallOnesKeepTheirFields) {
  EXPECT_EQ(std::get<Applied>(sent(Event(Applied{3}))).table_version, 3u);
  EXPECT_EQ(std::get<Drained>(sent(Event(Drained{"d"}))).dyno, "d");
  EXPECT_EQ(std::get<AckLog>(sent(Command(AckLog{8}))).sequence, 8u);
  EXPECT_TRUE(std::holds_alternative<Shutdown>(sent(Command(Shutdown{}))));
  EXPECT_TRUE(std::holds_alternative<HandOver>(sent(Command(HandOver{}))));
}

TEST(RouterMessages, ALineOfAPredecessorKeepsItsOrigin) {
  LogBatch batch;
  batch.lines = {{5, "blog", 123, "at=info", "router-9-1", 77}, {6, "blog", 124, "at=info", "", 0}};
  const auto back = std::get<LogBatch>(sent(Event(batch)));
  EXPECT_EQ(back.lines[0].origin, "router-9-1");
  EXPECT_EQ(back.lines[0].origin_sequence, 77u);
  EXPECT_EQ(back.lines[1].origin, "");
}

TEST(RouterMessages, LogLinesSurviveBytesThatAreNoUtf8) {
  LogBatch batch;
  batch.dropped = 2;
  batch.lines = {{5, "blog", 123, "path=\"/\xff\"", "", 0}};
  const auto back = std::get<LogBatch>(sent(Event(batch)));
  EXPECT_EQ(back.dropped, 2u);
  EXPECT_EQ(back.lines[0].sequence, 5u);
  EXPECT_EQ(back.lines[0].at_micros, 123);
  EXPECT_EQ(back.lines[0].text, "path=\"/\xEF\xBF\xBD\"");
}

TEST(RouterMessages, ErrorsNameTheFieldByItsPath) {
  auto table = sample_table().to_json();
  table["apps"][0]["dynos"][0]["endpoint"] = 5;
  EXPECT_EQ(RouteTable::from_json(table).error().message,
            "field 'apps[0].dynos[0].endpoint' must be a string");
  table = sample_table().to_json();
  table["version"] = -1;
  EXPECT_EQ(RouteTable::from_json(table).error().message,
            "field 'version' must be a whole number >= 0");
  table = sample_table().to_json();
  table["apps"][0]["state"] = "tired";
  EXPECT_EQ(RouteTable::from_json(table).error().message,
            "field 'apps[0].state' must be serving, starting, crashed or asleep");
  table.erase("control");
  EXPECT_EQ(RouteTable::from_json(table).error().message, "field 'control' is missing");
}

TEST(RouterMessages, SleepTravels) {
  EXPECT_EQ(std::get<Quiet>(sent(Event(Quiet{"blog"}))).app, "blog");
  EXPECT_EQ(std::get<Wanted>(sent(Event(Wanted{"blog"}))).app, "blog");
  auto table = sample_table();
  table.apps[0].state = AppState::asleep;
  table.apps[0].quiet_after_ms = 1'800'000;
  EXPECT_EQ(RouteTable::from_json(table.to_json()).value().apps[0], table.apps[0]);
  auto older = table.to_json();
  older["apps"][0].erase("quiet_after_ms");  // of an older davitd
  EXPECT_EQ(RouteTable::from_json(older).value().apps[0].quiet_after_ms, 0);
}

TEST(RouterMessages, WhatIsCountedTravelsBesideTheText) {
  LogBatch batch;
  batch.lines.push_back({5, "blog", 7, "at=info", {}, 0, 503, -1, 300});
  const auto back = std::get<LogBatch>(sent(Event(batch))).lines.at(0);
  EXPECT_EQ(back.status, 503);
  EXPECT_EQ(back.service_ms, -1);
  EXPECT_EQ(back.queue_ms, 300);
}

TEST(RouterMessages, WhatClientsChoseIsToldOnlyWhereThereIsSome) {
  Metrics metrics;
  Traffic traffic;
  traffic.dyno = "web.1";
  traffic.statuses = {0, 0, 7, 0, 0, 2};
  metrics.apps.push_back({"blog", 3, {traffic}});
  EXPECT_FALSE(metrics.to_json()["apps"][0]["traffic"][0].contains("pinned")) << "most have none";
  metrics.apps[0].traffic[0].pinned = {0, 0, 1, 0, 0, 2};
  const auto back = std::get<Metrics>(sent(Event(metrics))).apps.at(0).traffic.at(0);
  EXPECT_EQ(back.statuses, metrics.apps[0].traffic[0].statuses);
  EXPECT_EQ(back.pinned, metrics.apps[0].traffic[0].pinned);
  auto wrong = metrics.to_json();
  wrong["apps"][0]["traffic"][0]["pinned"] = {1u, 2u};
  EXPECT_EQ(Metrics::from_json(wrong).error().message,
            "field 'apps[0].traffic[0].pinned' must be six numbers");
}

TEST(RouterMessages, GarbageIsRefused) {
  EXPECT_FALSE(decode_event(Frame{FrameKind::json, "{"}));
  EXPECT_FALSE(decode_event(Frame{FrameKind::json, "[]"}));
  EXPECT_FALSE(decode_event(Frame{FrameKind::output, "{}"}));
  EXPECT_FALSE(decode_command(Frame{FrameKind::json, R"({"type":"reboot"})"}));
  EXPECT_FALSE(decode_command(Frame{FrameKind::json, R"({"type":"set_table","table":[]})"}));
}

}  // namespace
}  // namespace davit::router
