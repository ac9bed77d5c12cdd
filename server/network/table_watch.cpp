#include "server/network/table_watch.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace davit::network {
namespace {

constexpr std::uint16_t table_deleted = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE;

}  // namespace

Result<TableWatch> TableWatch::open(asio::any_io_executor executor) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1u << (NFNLGRP_NFTABLES - 1);
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, "listen for changes of the packet filter");
  }
  return TableWatch(std::move(executor), std::move(fd));
}

// Reads until nothing is left. What did not fit the socket's buffer is lost (ENOBUFS): it may have
// been the deletion.
bool TableWatch::saw_deletion() {
  bool seen = false;
  alignas(nlmsghdr) std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      seen = true;
      continue;
    }
    if (got <= 0) return seen;
    auto left = static_cast<std::uint32_t>(got);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      seen = seen || message->nlmsg_type == table_deleted;
    }
  }
}

Task<> TableWatch::deletion() {
  while (!saw_deletion()) {
    co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  }
}

}  // namespace davit::network
