#include "router/control_server.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <iterator>

#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/run_blocking.hpp"
#include "router/handover.hpp"
#include "router/limits.hpp"
#include "router/net/address.hpp"

namespace davit::router {
namespace {

// A bigger message than this (a table) is parsed off the main thread, and one of more apps is
// compiled there.
constexpr std::size_t parse_inline_bytes_max = 16 * 1024;
constexpr std::size_t compile_inline_apps_max = 100;
// No more log lines are queued while so much waits to be sent.
constexpr std::size_t log_queue_bytes = 1024 * 1024;

// The table that a command brings; without one where a change does not fit the table that is there.
struct Prepared {
  ControlHandler::NewTable table;
  bool gap = false;
};

Prepared prepare(Command command, const Routes& previous) {
  Prepared prepared;
  if (auto* set = std::get_if<SetTable>(&command)) {
    prepared.table.compiled = Routes::compile(std::move(set->table), previous);
    return prepared;
  }
  auto change =
      std::make_shared<const TableChange>(std::move(std::get<ChangeTable>(command).change));
  auto compiled = Routes::compile(*change, previous);
  prepared.gap = !compiled;
  if (!compiled) return prepared;
  prepared.table.compiled = std::move(*compiled);
  prepared.table.change = std::move(change);
  return prepared;
}

std::size_t apps_in(const Command& command) {
  if (const auto* set = std::get_if<SetTable>(&command)) return set->table.apps.size();
  return std::get<ChangeTable>(command).change.changed.size();
}

bool brings_table(const Command& command) {
  return std::holds_alternative<SetTable>(command) || std::holds_alternative<ChangeTable>(command);
}

Result<UniqueFd> take_lock(const std::string& path) {
  auto fd = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd) return std::move(fd).error();
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return fail_errno(errno, fmt::format("lock '{}'", path));
  return fail(
      Errc::conflict,
      "another davit-router runs with this control socket (it holds '{}'); stop it first, or "
      "give this one another --control",
      path);
}

}  // namespace

struct ControlServer::Connection {
  explicit Connection(asio::local::stream_protocol::socket s) : socket(std::move(s)) {}
  asio::local::stream_protocol::socket socket;
  std::string queued;
  std::string sending;
  int speaks = 0;               // its protocol, as far as it has told
  CertificateSet certificates;  // the parts of a set that have come
};

ControlServer::ControlServer(asio::io_context& io, asio::thread_pool& pool, AccessLog& access_log,
                             ControlHandler& handler)
    : io_(io),
      pool_(pool),
      access_log_(access_log),
      handler_(handler),
      tasks_(io.get_executor()),
      acceptor_(io) {
  access_log_.set_reader(this);
}

ControlServer::~ControlServer() { access_log_.set_reader(nullptr); }

Result<> ControlServer::open(const std::string& path) {
  const auto address = Address::parse("unix:" + path);
  if (!address) return address.error();
  auto lock = take_lock(path + ".lock");
  if (!lock) return std::move(lock).error();
  lock_ = std::move(*lock);
  // We hold the lock, so whoever made the file is gone.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, fmt::format("remove the old socket '{}'", path));
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open a Unix socket");
  // On Linux the mode of a socket's descriptor becomes that of its file: no moment at which others
  // may connect.
  ::fchmod(fd.get(), 0600);
  if (::bind(fd.get(), address->data(), address->size()) != 0 || ::listen(fd.get(), 16) != 0) {
    return fail_errno(errno, fmt::format("listen on '{}'", path));
  }
  ::chmod(path.c_str(), 0600);
  acceptor_.assign(asio::local::stream_protocol(), fd.release());
  path_ = path;
  return {};
}

Result<> ControlServer::adopt(const std::string& path, UniqueFd lock, UniqueFd listening) {
  boost::system::error_code error;
  acceptor_.assign(asio::local::stream_protocol(), listening.release(), error);
  if (error) return fail(Errc::io, "take over the control socket: {}", error.message());
  acceptor_.native_non_blocking(true, error);
  lock_ = std::move(lock);
  path_ = path;
  return {};
}

Result<> ControlServer::pass_on(const std::vector<int>& rest) {
  DAVIT_TRY(pass_on_estate(path_, lock_.get(), acceptor_.native_handle(), rest));
  // Ours are copies: closing them neither unlocks nor stops anybody from listening.
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  lock_.reset();
  path_.clear();
  return {};
}

void ControlServer::start() { tasks_.spawn("control connections", accept_all()); }

void ControlServer::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  if (current_) drop(current_);
  tasks_.cancel();
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

Task<> ControlServer::accept_all() {
  boost::system::error_code error;
  while (acceptor_.is_open()) {
    auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      log::error("accepting a control connection failed", {{"error", error.message()}});
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    // Accepted in the moment of a hand-over: it is the heir whom that davitd wants.
    if (!acceptor_.is_open()) co_return;
    if (current_) drop(current_);
    current_ = std::make_shared<Connection>(std::move(socket));
    log::info("davitd connected");
    access_log_.rewind();
    send(handler_.hello());
    handler_.connected();
    flush_log();
    tasks_.spawn("control connection", serve(current_));
  }
}

Task<> ControlServer::serve(ConnectionPtr connection) {
  FrameDecoder decoder(davit::limits::frame_bytes_max);
  std::string part(64 * 1024, '\0');
  boost::system::error_code error;
  while (connection == current_) {
    const std::size_t got = co_await connection->socket.async_read_some(
        asio::buffer(part), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    decoder.feed({part.data(), got});
    for (;;) {
      auto frame = decoder.next();
      if (!frame) {
        log::error("control connection closed", {{"error", frame.error().message}});
        drop(connection);
        co_return;
      }
      if (!frame->has_value()) break;
      Frame whole = std::move(**frame);
      co_await handle(connection, std::move(whole));
      if (connection != current_) co_return;
    }
  }
  drop(connection);
}

Task<> ControlServer::handle(ConnectionPtr connection, Frame frame) {
  const bool small = frame.payload.size() <= parse_inline_bytes_max;
  auto job = [frame = std::move(frame)]() mutable { return decode_command(std::move(frame)); };
  // Statements of their own: g++ 12 destroys the operands of a conditional with co_await in it
  // twice.
  std::optional<Result<Command>> decoded;
  if (small) {
    decoded.emplace(job());
  } else {
    auto parsed = co_await run_blocking(pool_, std::move(job));
    decoded.emplace(std::move(parsed));
  }
  // A newer davitd has connected meanwhile: its word counts.
  if (connection != current_) co_return;
  if (!*decoded) {
    log::error("a control message was refused", {{"error", decoded->error().message}});
    drop(connection);
    co_return;
  }
  Command command = std::move(**decoded);
  if (brings_table(command)) {
    co_await take_table(std::move(connection), std::move(command));
  } else if (const auto* ack = std::get_if<AckLog>(&command)) {
    access_log_.acknowledge(ack->sequence);
  } else if (std::holds_alternative<SetCertificates>(command)) {
    co_await take_certificates(std::move(connection), std::move(command));
  } else if (std::holds_alternative<HandOver>(command)) {
    handler_.hand_over();
  } else {
    handler_.shut_down();
  }
}

Task<> ControlServer::take_table(ConnectionPtr connection, Command command) {
  const auto* set = std::get_if<SetTable>(&command);
  connection->speaks = set != nullptr ? set->speaks : changes_version;
  const std::size_t apps = apps_in(command);
  auto job = [apps, command = std::move(command), routes = handler_.current_routes()]() mutable {
    auto prepared = prepare(std::move(command), *routes);
    // The message as a tree and as a table took many times what is left of it.
    if (apps > compile_inline_apps_max) ::malloc_trim(0);
    return prepared;
  };
  std::optional<Prepared> prepared;
  if (apps <= compile_inline_apps_max) {
    prepared.emplace(job());
  } else {
    auto made = co_await run_blocking(pool_, std::move(job));
    prepared.emplace(std::move(made));
  }
  if (connection != current_) co_return;
  if (prepared->gap) {
    send(NeedTable{handler_.current_routes()->version()});
  } else {
    handler_.apply(std::move(prepared->table));
  }
}

// Always off the io thread: keys take time to read.
Task<> ControlServer::take_certificates(ConnectionPtr connection, Command command) {
  auto& part = std::get<SetCertificates>(command);
  CertificateSet& kept = connection->certificates;
  if (kept.version != part.set.version) kept = {part.set.version, {}};
  std::ranges::move(part.set.certificates, std::back_inserter(kept.certificates));
  if (kept.certificates.size() > limits::certificates_max) {
    log::error("too many certificates", {{"at_most", limits::certificates_max}});
    drop(connection);
    co_return;
  }
  if (part.more) co_return;
  const std::uint64_t version = kept.version;
  auto job = [set = std::exchange(kept, {}), &tls = handler_.tls()] { return tls.compile(set); };
  auto compiled = co_await run_blocking(pool_, std::move(job));
  if (connection != current_) co_return;
  handler_.apply_certificates(version, std::move(compiled));
}

bool ControlServer::peer_speaks(int version) const {
  return current_ && current_->speaks >= version;
}

void ControlServer::send(const Event& event) {
  if (current_) send_to(current_, encode(event));
}

void ControlServer::send_to(ConnectionPtr connection, std::string bytes) {
  if (connection->queued.size() + bytes.size() > limits::control_queue_bytes_max) {
    log::error("davitd does not read; its connection is closed");
    return drop(connection);
  }
  connection->queued += bytes;
  if (connection->sending.empty()) write(std::move(connection));
}

void ControlServer::write(ConnectionPtr connection) {
  connection->sending.swap(connection->queued);
  if (connection->sending.empty()) return;
  auto& socket = connection->socket;
  const auto buffer = asio::buffer(connection->sending);
  asio::async_write(socket, buffer,
                    [this, connection](const boost::system::error_code& error, std::size_t) {
                      connection->sending.clear();
                      if (connection != current_) return;
                      if (error) return drop(connection);
                      flush_log();
                      if (connection->sending.empty()) write(connection);
                    });
}

// They come many at a time, and travel so.
void ControlServer::on_log_lines() {
  if (!current_ || std::exchange(flushing_, true)) return;
  asio::post(io_, [this] {
    flushing_ = false;
    flush_log();
  });
}

void ControlServer::flush_log() {
  while (current_ && access_log_.has_more() && current_->queued.size() < log_queue_bytes) {
    send(access_log_.take_batch());
  }
}

bool ControlServer::is_settled() const {
  return !current_ ||
         (access_log_.bytes() == 0 && current_->queued.empty() && current_->sending.empty());
}

void ControlServer::drop(const ConnectionPtr& connection) {
  const ConnectionPtr held = connection;
  boost::system::error_code ignored;
  held->socket.close(ignored);
  if (held != current_) return;
  current_.reset();
  log::info("davitd disconnected");
}

}  // namespace davit::router
