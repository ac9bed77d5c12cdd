#include "server/release/lagging_reader.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/task_group.hpp"

namespace davit::release {
namespace {
using namespace std::chrono_literals;

// Reads when it is let.
class SlowSink final : public OutputSink {
 public:
  explicit SlowSink(asio::any_io_executor executor) : let_(std::move(executor)) {}
  Task<> write(std::string bytes) override {
    while (!open) co_await let_.wait();
    text += bytes;
  }
  void let() {
    open = true;
    let_.notify_all();
  }
  bool open = false;
  std::string text;

 private:
  Condition let_;
};

class LaggingReaderTest : public ::testing::Test {
 protected:
  Task<> write_all(LaggingReader& reader, int count) {
    for (int i = 0; i < count; ++i) {
      co_await reader.write(std::to_string(i) + ";");
      ++written_;
    }
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  asio::io_context io_;
  SlowSink sink_{io_.get_executor()};
  int written_ = 0;
};

TEST_F(LaggingReaderTest, WhoReadsGetsEverythingInOrder) {
  LaggingReader reader(io_.get_executor(), sink_, {8, 1h});
  TaskGroup group(io_.get_executor());
  group.spawn("reader", reader.run());
  group.spawn("writer", write_all(reader, 10));
  settle();
  EXPECT_LT(written_, 10) << "a writer waits for a reader who is slow";
  sink_.let();
  settle();
  EXPECT_EQ(written_, 10);
  reader.close();
  settle();
  EXPECT_EQ(sink_.text, "0;1;2;3;4;5;6;7;8;9;");
  EXPECT_EQ(group.size(), 0u);
}

// A review's finding: a pusher who stopped reading held a build's place for as long as he liked.
TEST_F(LaggingReaderTest, WhoDoesNotReadHoldsNobodyUpForLong) {
  LaggingReader reader(io_.get_executor(), sink_, {8, 0s});
  TaskGroup group(io_.get_executor());
  group.spawn("reader", reader.run());
  group.spawn("writer", write_all(reader, 1000));
  while (written_ < 1000) io_.run_one_for(1s);
  reader.close();
  settle();
  EXPECT_EQ(group.size(), 1u) << "what it has not read yet is still for it";
  sink_.let();
  settle();
  EXPECT_EQ(group.size(), 0u);
  EXPECT_TRUE(sink_.text.starts_with("0;")) << sink_.text;
  EXPECT_NE(sink_.text.find("left out here: they were read too slowly"), std::string::npos);
  EXPECT_TRUE(sink_.text.ends_with("999;")) << "how it ended matters most: " << sink_.text;
  EXPECT_LT(sink_.text.size(), 200u);
}

TEST_F(LaggingReaderTest, LinesAreLeftOutWhole) {
  LaggingReader reader(io_.get_executor(), sink_, {20, 0s});
  TaskGroup group(io_.get_executor());
  group.spawn("reader", reader.run());
  auto lines = [&]() -> Task<> {
    for (const char* line : {"first\n", "second\n", "third\n", "fourth\n", "fifth\n"}) {
      std::string text = line;
      co_await reader.write(std::move(text));
    }
    reader.close();
  };
  group.spawn("writer", lines());
  while (group.size() > 1) io_.run_one_for(1s);
  sink_.let();
  settle();
  EXPECT_TRUE(sink_.text.ends_with("of it.\nfifth\n") || sink_.text.ends_with("fourth\nfifth\n"))
      << sink_.text;
}

}  // namespace
}  // namespace davit::release
