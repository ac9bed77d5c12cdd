#include "base/door.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <utility>

#include "base/fd_passing.hpp"

namespace davit {
namespace {

struct Ends {
  UniqueFd router;
  UniqueFd dyno;
  Ends() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    router.reset(fds[0]);
    dyno.reset(fds[1]);
  }
};

ino_t inode(int fd) {
  struct stat info {};
  ::fstat(fd, &info);
  return info.st_ino;
}

TEST(Door, RequestsAndRepliesArriveAsTheyWere) {
  const Ends ends;
  EXPECT_EQ(door::send(ends.router.get(), door::Request{42}), door::Io::done);
  door::Request request;
  EXPECT_EQ(door::receive(ends.dyno.get(), request), door::Io::done);
  EXPECT_EQ(request.id, 42u);
  door::Reply sent{42, door::Outcome::connected,
                   UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  EXPECT_EQ(door::send(ends.dyno.get(), sent), door::Io::done);
  door::Reply reply;
  EXPECT_EQ(door::receive(ends.router.get(), reply), door::Io::done);
  EXPECT_EQ(reply.id, 42u);
  EXPECT_EQ(reply.outcome, door::Outcome::connected);
  EXPECT_EQ(inode(reply.socket.get()), inode(sent.socket.get()));
  EXPECT_NE(::fcntl(reply.socket.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Door, WithoutAMessageItWouldBlockAndAtTheEndItIsClosed) {
  Ends ends;
  door::Reply reply;
  EXPECT_EQ(door::receive(ends.router.get(), reply), door::Io::would_block);
  ends.dyno.reset();
  EXPECT_EQ(door::receive(ends.router.get(), reply), door::Io::closed);
  EXPECT_EQ(door::send(ends.router.get(), door::Request{1}), door::Io::closed);
}

TEST(Door, AnotherVersionOrAnotherSizeClosesIt) {
  for (const std::string& message :
       {std::string(16, '\x7f'), std::string(15, '\0'), std::string("\x01\0\0\0", 4),
        std::string("\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17)}) {
    const Ends ends;
    ASSERT_EQ(pass_fds(ends.router.get(), message, {}), PassState::done);
    door::Request request;
    EXPECT_EQ(door::receive(ends.dyno.get(), request), door::Io::closed) << message.size();
  }
}

TEST(Door, AConnectedReplyWithoutASocketIsRefused) {
  const Ends ends;
  EXPECT_EQ(door::send(ends.dyno.get(), door::Reply{1, door::Outcome::connected, {}}),
            door::Io::done);
  door::Reply reply;
  EXPECT_EQ(door::receive(ends.router.get(), reply), door::Io::done);
  EXPECT_EQ(reply.outcome, door::Outcome::refused);
}

TEST(Door, ARequestThatBringsADescriptorClosesItAndLeaksNothing) {
  const Ends ends;
  const std::string message("\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0", 16);
  const int own[] = {ends.router.get()};
  ASSERT_EQ(pass_fds(ends.router.get(), message, own), PassState::done);
  const UniqueFd before(::fcntl(0, F_DUPFD_CLOEXEC, 0));
  door::Request request;
  EXPECT_EQ(door::receive(ends.dyno.get(), request), door::Io::closed);
  const UniqueFd after(::fcntl(0, F_DUPFD_CLOEXEC, 0));
  EXPECT_EQ(after.get(), before.get() + 1);
}

TEST(FdPassing, ManyDescriptorsTravelWithOneMessage) {
  const Ends ends;
  std::vector<int> sent(passed_fds_max, ends.router.get());
  ASSERT_EQ(pass_fds(ends.router.get(), "x", sent), PassState::done);
  char message[8];
  const auto passed = take_fds(ends.dyno.get(), message);
  EXPECT_EQ(passed.state, PassState::done);
  EXPECT_EQ(passed.bytes, 1u);
  EXPECT_EQ(passed.fds.size(), passed_fds_max);
}

}  // namespace
}  // namespace davit
