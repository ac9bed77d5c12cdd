#pragma once
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/logs/log_service.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::logs {

class LogsTest : public testing::Test {
 protected:
  LogsTest() {
    config_.directory = dir_.str("logs");
    app_ = AppId::make(random_);
    other_ = AppId::make(random_);
    open();
  }
  ~LogsTest() override {
    service_.reset();
    io_.restart();
    io_.run();  // what came back late
  }

  void open() {
    service_.reset();
    auto made = make_log_service(io_.get_executor(), config_);
    ASSERT_TRUE(made) << made.error().message;
    service_ = std::move(*made);
  }

  // Runs everything on the io thread until the task has ended.
  void run(Task<> task) {
    bool ended = false;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr failure) {
      ended = true;
      EXPECT_FALSE(failure);
    });
    io_.restart();
    io_.run();
    EXPECT_TRUE(ended);
  }
  void append(std::vector<Line> lines) { run(service_->append(std::move(lines))); }
  void append(const std::string& text) { append(std::vector{line(text)}); }
  void append_many(int first, int last) {
    std::vector<Line> lines;
    for (int i = first; i <= last; ++i) lines.push_back(line(std::to_string(i)));
    append(std::move(lines));
  }

  Line line(const std::string& text, const std::string& process = "web.1") {
    clock_.advance(std::chrono::microseconds(1));
    Line made;
    made.app = app_;
    made.at = clock_.wall();
    made.process = process;
    made.text = text;
    return made;
  }
  Line streamed(const std::string& text, std::uint64_t position, const std::string& stream = "s1") {
    Line made = line(text);
    made.stream = stream;
    made.position = position;
    return made;
  }

  static std::string message(const Stored& stored) {
    return stored.text.substr(stored.text.find("]: ") + 3);
  }
  static std::vector<std::string> messages(const std::vector<Stored>& lines) {
    std::vector<std::string> texts;
    for (const Stored& stored : lines) texts.push_back(message(stored));
    return texts;
  }
  std::vector<std::string> recent(std::size_t count = 10'000, const Filter& filter = {}) {
    return messages(service_->recent(app_, count, filter));
  }

  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{3};
  LogConfig config_;
  AppId app_, other_;
  asio::io_context io_;
  std::unique_ptr<LogService> service_;
};

}  // namespace davit::logs
