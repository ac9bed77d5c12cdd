#include "server/http/exchange.hpp"

#include <gtest/gtest.h>

namespace davit::http {
namespace {

TEST(Fields, AreFoundWithoutRegardToCase) {
  Fields fields;
  fields.add("Content-Type", "text/plain");
  EXPECT_EQ(fields.get("content-TYPE"), "text/plain");
  EXPECT_TRUE(fields.has("CONTENT-type"));
  EXPECT_FALSE(fields.has("Content-Typ"));
  EXPECT_EQ(fields.get("Accept"), "");
}

TEST(Fields, KeepTheirOrderAndGiveTheFirstOfAName) {
  Fields fields;
  fields.add("A", "1");
  fields.add("a", "2");
  EXPECT_EQ(fields.get("A"), "1");
  EXPECT_EQ(fields.all().size(), 2U);
}

}  // namespace
}  // namespace davit::http
