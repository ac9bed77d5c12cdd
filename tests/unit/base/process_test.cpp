#include "base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace davit {
namespace {

TEST(Process, HasTheGivenEnvironmentAndNothingElse) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  ProcessOptions options;
  options.argv = {"/usr/bin/env"};
  options.env = {{"A", "1 2"}};
  options.stdout_fd = write_end.get();
  auto process = Process::spawn(options).value();
  write_end.reset();
  char text[100] = {};
  EXPECT_EQ(::read(read_end.get(), text, sizeof text - 1), 6);
  EXPECT_STREQ(text, "A=1 2\n");
  EXPECT_EQ(process.wait().value(), 0);
}

TEST(Process, TellsASignalAs128PlusItsNumber) {
  ProcessOptions options;
  options.argv = {"/bin/sleep", "1000"};
  auto process = Process::spawn(options).value();
  EXPECT_TRUE(process_start_time(process.pid()).has_value());
  ASSERT_TRUE(process.signal(SIGKILL));
  EXPECT_EQ(process.wait().value(), 128 + SIGKILL);
  EXPECT_FALSE(process_start_time(process.pid()).has_value());
}

// Asio opens sockets without close-on-exec. A dyno that had davitd's listening socket kept the
// router's connections waiting in its backlog after davitd was killed, instead of letting them be
// refused.
TEST(Process, InheritsNoDescriptorThatIsNotListed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // not close-on-exec
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  ProcessOptions options;
  options.argv = {"/bin/sleep", "1000"};
  auto process = Process::spawn(options).value();
  write_end.reset();
  char byte = 0;
  EXPECT_EQ(::read(read_end.get(), &byte, 1), 0);  // its only writer is gone
  ASSERT_TRUE(process.signal(SIGKILL));
  EXPECT_EQ(process.wait().value(), 128 + SIGKILL);
}

TEST(Process, AMissingProgramIsAnError) {
  ProcessOptions options;
  options.argv = {"/no/such/program"};
  EXPECT_EQ(Process::spawn(options).error().code, Errc::not_found);
}

}  // namespace
}  // namespace davit
