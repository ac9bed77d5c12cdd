#include "base/fd_passing.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/ensure.hpp"

namespace davit {
namespace {

constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(int) * passed_fds_max);

PassState state_of(int error) {
  return error == EAGAIN || error == EWOULDBLOCK ? PassState::would_block : PassState::closed;
}

void collect(msghdr& header, std::vector<UniqueFd>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

PassState pass_fds(int socket, std::string_view message, std::span<const int> fds) {
  ensure(!message.empty() && fds.size() <= passed_fds_max, "descriptors travel beside a message");
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[control_bytes];
  if (!fds.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? state_of(errno) : PassState::done;
}

Passed take_fds(int socket, std::span<char> message) {
  iovec part{message.data(), message.size()};
  alignas(cmsghdr) char control[control_bytes];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  Passed passed;
  if (got < 0) {
    passed.state = state_of(errno);
    return passed;
  }
  collect(header, passed.fds);
  passed.state = got == 0 ? PassState::closed : PassState::done;
  passed.bytes = static_cast<std::size_t>(got);
  return passed;
}

}  // namespace davit
