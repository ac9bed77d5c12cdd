#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/ids.hpp"
#include "server/api/apps/app_names.hpp"
#include "server/api/shape/json_input.hpp"
#include "server/api/shape/list_range.hpp"
#include "tests/support/fakes.hpp"

namespace davit::api {
namespace {

using nlohmann::json;

TEST(JsonInput, ErrorsNameTheWholePathAndTheTypeFound) {
  const json body = {{"updates", {{{"quantity", "x"}, {"type", 7}}}}};
  const auto item = JsonObject::of(body["updates"][0], "updates[0]");
  ASSERT_TRUE(item);
  EXPECT_EQ(item->text("type").error().message, "updates[0].type: must be a string, not a number");
  EXPECT_EQ(item->required_text("size").error().message, "updates[0].size: is missing");
  EXPECT_EQ(item->flag("type").error().message,
            "updates[0].type: must be true or false, not a number");
}

TEST(JsonInput, NullIsAbsent) {
  const json body = {{"name", nullptr}};
  EXPECT_EQ(*JsonObject::of(body, "")->text("name"), std::nullopt);
}

TEST(JsonInput, IdentitiesComeAsTextOrObject) {
  const json body = {{"a", "x"}, {"b", {{"id", "y"}}}, {"c", {{"name", "z"}}}, {"d", 1}};
  const auto object = JsonObject::of(body, "");
  EXPECT_EQ(**object->identity("a"), "x");
  EXPECT_EQ(**object->identity("b"), "y");
  EXPECT_EQ(**object->identity("c"), "z");
  EXPECT_FALSE(object->identity("d"));
}

TEST(JsonInput, HugeNumbersAreNoWholeNumbers) {
  const json body = {{"a", 18446744073709551615ull}, {"b", 1.5}, {"c", -3}};
  const auto object = JsonObject::of(body, "");
  EXPECT_FALSE(object->integer("a"));
  EXPECT_FALSE(object->integer("b"));
  EXPECT_EQ(**object->integer("c"), -3);
}

TEST(JsonInput, BrokenTextIsCorruptWithItsPlace) {
  for (const char* text : {"{", "{\"a\":}", "\xff", "{}x", "1e999"}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::corrupt) << text;
  }
  EXPECT_FALSE(parse_json(std::string(100'000, '['))) << "nesting is bounded";
}

TEST(Range, FormsThatToolsSendAreUnderstood) {
  const ListRules rules{{"id", "version"}, false};
  const auto first = parse_range("version ..; order=desc,max=1", rules);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->descending);
  EXPECT_EQ(first->max, 1u);
  EXPECT_TRUE(parse_range("id ..; max=1000;", rules));
  EXPECT_TRUE(parse_range("version ..; max=15, order=desc", rules));
  EXPECT_TRUE(parse_range("", rules));
  EXPECT_TRUE(parse_range("id", rules));
  EXPECT_EQ(parse_range("id ..; max=999999", rules)->max, 1000u);
  const auto after = parse_range("version ]5..9; max=3", rules);
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->after_start);
  EXPECT_EQ(after->start, "5");
  EXPECT_EQ(after->end, "9");
  for (const char* bad :
       {"bytes=0-9", "secret ..", "id ..; max=0", "id ..; max=x", "id 5", "id ..; sort=up"}) {
    EXPECT_FALSE(parse_range(bad, rules)) << bad;
  }
}

TEST(Range, PagesOverEqualKeysLoseNothing) {
  std::vector<json> items;
  for (int i = 0; i < 25; ++i) {
    items.push_back({{"id", fmt::format("{:02}", i)}, {"created_at", "2026-01-01T00:00:00Z"}});
  }
  const ListRules rules{{"created_at", "id"}, false};
  std::set<std::string> seen;
  std::string range = "created_at ..; max=4,order=desc";
  for (int pages = 0; pages < 20 && !range.empty(); ++pages) {
    const Reply reply = list_reply(items, range, rules);
    for (const auto& item : json::parse(reply.body)) {
      EXPECT_TRUE(seen.insert(item["id"].get<std::string>()).second) << "told twice";
    }
    range = reply.status == 206 ? std::string(reply.fields.get("Next-Range")) : "";
  }
  EXPECT_EQ(seen.size(), items.size());
}

// Two builds of one second changed places in about half of the runs: their random ids broke the
// tie.
TEST(Range, WhatSharesATimeStaysInOrderOfArrival) {
  const auto item = [](const char* id) {
    return json{{"id", id}, {"created_at", "2026-01-01T00:00:00Z"}};
  };
  const std::vector<json> items{item("c"), item("a"), item("b")};
  const ListRules rules{{"created_at", "id"}, false};
  const auto ids = [&](const std::string& range) {
    std::string all;
    for (const auto& told : json::parse(list_reply(items, range, rules).body)) {
      all += told["id"].get<std::string>();
    }
    return all;
  };
  EXPECT_EQ(ids(""), "cab");
  EXPECT_EQ(ids("created_at ..; order=desc"), "bac");
}

TEST(Range, NumbersAreOrderedAsNumbers) {
  std::vector<json> items;
  for (int i = 1; i <= 12; ++i) items.push_back({{"id", std::to_string(i)}, {"version", i}});
  const ListRules rules{{"version"}, false};
  const auto reply = list_reply(items, "version 9..11", rules);
  EXPECT_EQ(json::parse(reply.body).size(), 3u);
  EXPECT_EQ(json::parse(list_reply(items, "", rules).body).at(11)["version"], 12);
}

TEST(AppNames, AreValidAndVaried) {
  test::SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const auto name = random_app_name(random);
    EXPECT_TRUE(AppName::parse(name)) << name;
    seen.insert(name);
  }
  EXPECT_GT(seen.size(), 1990u);
}

}  // namespace
}  // namespace davit::api
