#pragma once
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/dynos/dyno_process.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::test {

// Everything a dyno told until it ended.
struct DynoStory {
  std::uint64_t output_from = 0;
  std::string output;
  std::vector<dyno::Dropped> dropped;
  bool listening = false;
  bool frozen = false;
  int freezer_answers = 0;
  std::optional<dyno::Usage> usage;  // the last
  std::optional<dyno::ExitRecord> exit;
};

// Until when a story is followed.
inline bool line_seen(const DynoStory& story) {
  return story.output.find('\n') != std::string::npos;
}
inline bool to_the_end(const DynoStory&) { return false; }

inline constexpr std::uint64_t megabyte = 1024 * 1024;

// Runs the real davit-dyno through the real client at the best level of this machine.
class DynoTest : public testing::Test {
 protected:
  DynoTest();
  void TearDown() override;

  // A dyno with the slug at /app as an overlay, adapted to the level of this machine.
  dyno::Spec bash(const std::string& script);
  std::string slug() const { return dir_.str("slug"); }

  // Runs a coroutine to its end; a thrown exception or an overrun fails the test.
  void run(std::function<Task<>()> body);
  // Launches, subscribes from 0, reads to the exit, releases.
  DynoStory run_to_end(const dyno::Spec& spec);

  Task<Result<std::unique_ptr<dynos::DynoProcess>>> launch(dyno::Spec spec);
  // Reads events into the story until `enough` is true or the dyno ended.
  Task<> follow(dynos::DynoProcess& dyno, DynoStory& story,
                std::function<bool(const DynoStory&)> enough);
  Task<> release(dynos::DynoProcess& dyno);  // and waits until davit-dyno is gone

  asio::io_context io_;
  TempDir dir_;
  std::unique_ptr<dynos::Launcher> launcher_;

 private:
  int next_id_ = 1;
  bool own_uid_ = false;  // the app gets a user of its own
};

// Processes whose environment holds DAVIT_TEST_MARK=<mark>, so one test's own.
std::size_t count_marked(const std::string& mark);
// Waits (at most 5 s) for a condition without sleeping through it.
bool becomes_true(const std::function<bool()>& condition);

}  // namespace davit::test
