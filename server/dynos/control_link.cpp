#include "server/dynos/control_link.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "base/door.hpp"
#include "base/limits.hpp"
#include "base/process.hpp"
#include "server/dynos/deadline.hpp"

namespace davit::dynos {
namespace {

using Socket = asio::local::stream_protocol::socket;
using std::chrono::milliseconds;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr auto status_timeout = std::chrono::seconds(10);
constexpr int connect_attempts = 3;

class ControlLink final : public DynoProcess {
 public:
  ControlLink(Socket socket, HeldDynos::Hold hold)
      : hold_(std::move(hold)),
        socket_(std::move(socket)),
        decoder_(davit::limits::frame_bytes_max) {}

  const dyno::Status& status() const override { return status_; }

  Task<Result<>> take_status() {
    auto event = co_await receive(std::chrono::steady_clock::now() + status_timeout);
    if (!event) co_return std::move(event).error();
    auto* status = std::get_if<dyno::Status>(&*event);
    if (status == nullptr)
      co_return fail(Errc::corrupt, "davit-dyno did not begin with its status");
    status_ = std::move(*status);
    co_return Result<>();
  }

  HeldDynos::Hold let_go() { return std::move(hold_); }
  int native_socket() { return socket_.native_handle(); }
  Socket take_socket() { return std::move(socket_); }

  Task<Result<>> subscribe(std::uint64_t from) override { return send(dyno::Subscribe{from}); }
  Task<Result<>> ack(std::uint64_t offset) override { return send(dyno::Ack{offset}); }
  Task<Result<>> stop(milliseconds grace) override { return send(dyno::Stop{grace}); }
  Task<Result<>> kill() override { return send(dyno::Kill{}); }
  Task<Result<>> release() override { return send(dyno::Release{}); }
  Task<Result<>> freeze() override { return send(dyno::Freeze{}); }
  Task<Result<>> thaw() override { return send(dyno::Thaw{}); }

  // Read on demand: while nobody asks, output waits in davit-dyno's bounded spool and not here.
  Task<Result<dyno::Event>> next_event() override { return receive(SteadyTime::max()); }

 private:
  Task<Result<dyno::Event>> receive(SteadyTime deadline) {
    for (;;) {
      auto frame = decoder_.next();
      if (!frame) co_return std::move(frame).error();
      if (*frame) co_return dyno::decode_event(std::move(**frame));
      auto bytes = co_await read_some(socket_, read_bytes, deadline);
      if (!bytes && bytes.error().code == Errc::io) co_return gone();
      if (!bytes) co_return std::move(bytes).error();
      if (bytes->empty()) co_return gone();
      decoder_.feed(*bytes);
    }
  }

  // One frame is one packet buffer of the kernel: it goes whole or not at all, so that senders need
  // no queue.
  Task<Result<>> send(dyno::Command command) {
    const std::string frame = dyno::encode(command);
    for (;;) {
      const ssize_t count =
          ::send(socket_.native_handle(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count == static_cast<ssize_t>(frame.size())) co_return Result<>();
      if (count < 0 && errno == EINTR) continue;
      if (count >= 0 || errno != EAGAIN) co_return gone();
      boost::system::error_code ec;
      auto token = asio::redirect_error(asio::use_awaitable, ec);
      co_await socket_.async_wait(Socket::wait_write, token);
      if (ec) co_return fail(Errc::cancelled, "cancelled");
    }
  }

  Error gone() const {
    return fail(Errc::unavailable, "davit-dyno of '{}' ({}) is gone", status_.name, status_.id);
  }

  HeldDynos::Hold hold_;
  Socket socket_;
  FrameDecoder decoder_;
  dyno::Status status_;
};

class CommandLink final : public SessionLink {
 public:
  CommandLink(Socket socket, HeldDynos::Hold hold)
      : hold_(std::move(hold)), socket_(std::move(socket)), decoder_(run_stream::frame_bytes_max) {}

  Task<Result<run_stream::FromCommand>> next(SteadyTime deadline) override {
    for (;;) {
      auto frame = decoder_.next();
      if (!frame) co_return std::move(frame).error();
      if (*frame) co_return run_stream::decode_from_command(std::move(**frame));
      auto bytes = co_await read_some(socket_, read_bytes, deadline);
      if (!bytes && bytes.error().code == Errc::io) co_return gone();
      if (!bytes) co_return std::move(bytes).error();
      if (bytes->empty()) co_return gone();
      decoder_.feed(*bytes);
    }
  }

  Task<Result<>> send(run_stream::ToCommand message) override {
    auto frame = run_stream::encode(message);
    co_return co_await write(std::move(frame));
  }

  Task<Result<>> write(std::string frame) {
    boost::system::error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    co_await asio::async_write(socket_, asio::buffer(frame), token);
    if (ec == asio::error::operation_aborted) co_return fail(Errc::cancelled, "cancelled");
    if (ec) co_return gone();
    co_return Result<>();
  }

 private:
  static Error gone() { return fail(Errc::unavailable, "the dyno's davit-dyno is gone"); }

  // A davit-dyno that was released still serves a client that reads slowly.
  HeldDynos::Hold hold_;
  Socket socket_;
  FrameDecoder decoder_;
};

// By way of the folder's descriptor: a socket address holds 107 bytes, a data folder's path may be
// longer.
Result<UniqueFd> connect_now(const std::string& socket_dir, const std::string& id) {
  const UniqueFd folder(::open(socket_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno(errno, fmt::format("open '{}'", socket_dir));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "make a socket");
  const asio::local::stream_protocol::endpoint address(
      fmt::format("/proc/self/fd/{}/{}", folder.get(), socket_name(id)));
  if (::connect(fd.get(), address.data(), static_cast<socklen_t>(address.size())) == 0) return fd;
  if (errno != ECONNREFUSED && errno != ENOENT) {
    return fail_errno(errno, fmt::format("connect to dyno {}", id));
  }
  ::unlinkat(folder.get(), door_name(id).c_str(), 0);
  ::unlinkat(folder.get(), socket_name(id).c_str(), 0);
  return fail(Errc::not_found, "dyno {} does not run", id);
}

// The status names a process; the kernel says who is at the other end, and the start time that a
// pid was not used again.
Result<> verify(const dyno::Status& status, int socket, const std::string& id) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail_errno(errno, "ask who serves a dyno's socket");
  }
  const auto start = process_start_time(status.launcher_pid);
  if (status.id != id || peer.pid != status.launcher_pid || start != status.launcher_start) {
    return fail(Errc::corrupt, "the socket of dyno {} is served by another process ({})", id,
                peer.pid);
  }
  return {};
}

}  // namespace

std::string socket_name(const std::string& id) { return id + ".sock"; }

std::string door_name(const std::string& id) { return id + std::string(door::file_suffix); }

namespace {

Task<Result<std::unique_ptr<ControlLink>>> connect_link(std::string socket_dir, std::string id,
                                                        HeldDynos::Hold hold) {
  for (int attempt = 1;; ++attempt) {
    auto fd = connect_now(socket_dir, id);
    if (!fd) co_return std::move(fd).error();
    Socket socket(co_await asio::this_coro::executor, asio::local::stream_protocol(),
                  fd->release());
    auto link = std::make_unique<ControlLink>(std::move(socket), std::move(hold));
    auto taken = co_await link->take_status();
    // Connected to one that was just dying: by now its socket refuses, which tells that for sure.
    if (!taken && taken.error().code == Errc::unavailable && attempt < connect_attempts) {
      hold = link->let_go();
      continue;
    }
    if (!taken) co_return std::move(taken).error();
    auto verified = verify(link->status(), link->native_socket(), id);
    if (!verified) co_return std::move(verified).error();
    co_return link;
  }
}

}  // namespace

Task<Result<std::unique_ptr<DynoProcess>>> connect_to_dyno(std::string socket_dir, std::string id,
                                                           HeldDynos::Hold hold) {
  auto link = co_await connect_link(std::move(socket_dir), std::move(id), std::move(hold));
  if (!link) co_return std::move(link).error();
  co_return std::unique_ptr<DynoProcess>(std::move(*link));
}

// davit-dyno says nothing of itself after its status to a connection that does not subscribe:
// nothing is lost between the two decoders.
Task<Result<std::unique_ptr<SessionLink>>> connect_session(std::string socket_dir, std::string id,
                                                           dyno::Command request,
                                                           HeldDynos::Hold hold) {
  auto link = co_await connect_link(std::move(socket_dir), std::move(id), std::move(hold));
  if (!link) co_return std::move(link).error();
  auto session = std::make_unique<CommandLink>((*link)->take_socket(), (*link)->let_go());
  auto frame = dyno::encode(request);
  auto asked = co_await session->write(std::move(frame));
  if (!asked) co_return std::move(asked).error();
  co_return std::unique_ptr<SessionLink>(std::move(session));
}

}  // namespace davit::dynos
