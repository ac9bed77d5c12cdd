#include "cli/attach/attached_command.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>

#include "base/condition.hpp"
#include "base/files.hpp"
#include "base/run_blocking.hpp"
#include "base/task_group.hpp"
#include "base/unique_fd.hpp"
#include "cli/attach/raw_mode.hpp"
#include "cli/http/upgrade.hpp"

namespace davit::cli {
namespace {

using run_stream::Credit;
using run_stream::data_bytes_max;
using run_stream::Ended;
using run_stream::EndOfInput;
using run_stream::FromCommand;
using run_stream::Input;
using run_stream::Resize;
using run_stream::Started;
using run_stream::ToCommand;

// The server says something every 15 s.
constexpr HttpTimeouts timeouts{std::chrono::seconds(10), std::chrono::seconds(90)};
constexpr int signals_until_leave = 3;

// What our standard input has next, at most `max`; "" at its end. nullopt: `wake` is readable.
// Blocks. Never non-blocking mode: it would be that of everybody who has this terminal or pipe.
std::optional<std::string> read_input(std::size_t max, int wake) {
  for (;;) {
    pollfd ready[2] = {{STDIN_FILENO, POLLIN, 0}, {wake, POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno == EINTR) continue;
    if (ready[1].revents != 0) return std::nullopt;
    std::string bytes(max, '\0');
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
}

class AttachedCommand {
 public:
  explicit AttachedCommand(const AttachOptions& options)
      : options_(options),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        signals_(io_, SIGINT, SIGTERM, SIGHUP) {
    for (const int number : {SIGQUIT, SIGWINCH, SIGCONT}) signals_.add(number);
  }

  Result<Ended> run() {
    tasks_.spawn("watch signals", watch_signals());
    tasks_.spawn("hold the command", hold());
    io_.run();
    reading_.join();
    writing_.join();
    raw_.reset();
    if (outcome_) return std::move(*outcome_);
    return fail(Errc::internal, "the command's connection ended oddly");
  }

 private:
  Task<> hold() {
    auto url = WebUrl::parse(options_.url);
    if (!url) {
      finish(fail(Errc::corrupt, "the server named a stream that cannot be read: {}",
                  url.error().message));
      co_return;
    }
    auto upgraded =
        co_await upgrade(io_, std::move(*url), std::string(run_stream::protocol_name), timeouts);
    if (!upgraded) {
      finish(std::move(upgraded).error());
      co_return;
    }
    stream_ = std::move(upgraded->stream);
    decoder_.feed(upgraded->first);
    tasks_.spawn("send", send_all());
    tasks_.spawn("read input", pass_input());
    co_await receive_all();
  }

  Task<> receive_all() {
    std::string bytes(64 * 1024, '\0');
    for (;;) {
      auto frame = decoder_.next();
      if (!frame) {
        finish(std::move(frame).error());
        co_return;
      }
      if (*frame) {
        auto message = run_stream::decode_from_command(std::move(**frame));
        if (!message) {
          finish(std::move(message).error());
          co_return;
        }
        co_await take(std::move(*message));
        if (outcome_) co_return;
        continue;
      }
      const auto into = asio::buffer(bytes);
      const auto got = co_await stream_->read_some(into);
      if (!got || *got == 0) {
        finish(got ? fail(Errc::unavailable, "the server closed the connection") : got.error());
        co_return;
      }
      decoder_.feed({bytes.data(), *got});
    }
  }

  Task<> take(FromCommand message) {
    if (auto* output = std::get_if<run_stream::Output>(&message)) {
      const int fd = output->channel == run_stream::Channel::output ? STDOUT_FILENO : STDERR_FILENO;
      // A reader that is gone ends us by SIGPIPE, unless that is ignored: then the rest is dropped.
      auto job = [fd, bytes = std::move(output->bytes)] { return write_all(fd, bytes); };
      (void)co_await run_blocking(writing_, std::move(job));
    } else if (const auto* credit = std::get_if<Credit>(&message)) {
      credit_ += credit->bytes;
      changed_.notify_all();
    } else if (std::holds_alternative<Started>(message)) {
      if (options_.terminal) {
        raw_.emplace(STDIN_FILENO);
        queue(Resize{window_of(STDOUT_FILENO)});
      }
    } else if (auto* ended = std::get_if<Ended>(&message)) {
      finish(std::move(*ended));
    }
  }

  Task<> pass_input() {
    for (;;) {
      while (credit_ == 0) co_await changed_.wait();
      const auto max = static_cast<std::size_t>(std::min<std::uint64_t>(credit_, data_bytes_max));
      auto job = [max, wake = wake_.get()] { return read_input(max, wake); };
      auto bytes = co_await run_blocking(reading_, std::move(job));
      if (!bytes) co_return;
      if (bytes->empty()) {
        queue(EndOfInput{});
        co_return;
      }
      credit_ -= bytes->size();
      queue(Input{std::move(*bytes)});
    }
  }

  // Bounded by the credit, and by how fast people make signals.
  void queue(const ToCommand& message) {
    outgoing_.push_back(run_stream::encode(message));
    changed_.notify_all();
  }

  Task<> send_all() {
    for (;;) {
      while (outgoing_.empty()) co_await changed_.wait();
      const std::string frame = std::move(outgoing_.front());
      outgoing_.pop_front();
      const auto out = asio::buffer(frame);
      const auto sent = co_await stream_->write(out);
      if (!sent) co_return;  // the receiving side learns why
    }
  }

  Task<> watch_signals() {
    for (;;) {
      const int number = co_await signals_.async_wait(asio::use_awaitable);
      if (number == SIGWINCH || number == SIGCONT) {
        if (!raw_) continue;
        if (number == SIGCONT) raw_->again();
        queue(Resize{window_of(STDOUT_FILENO)});
        continue;
      }
      const bool leave =
          options_.terminal || !stream_ || ++times_told_[number] >= signals_until_leave;
      if (leave) {
        finish(Error{Errc::cancelled, std::to_string(number)});
        co_return;
      }
      queue(run_stream::Signal{number});
    }
  }

  void finish(Result<Ended> outcome) {
    if (outcome_) return;
    outcome_.emplace(std::move(outcome));
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = ::write(wake_.get(), &one, sizeof one);
    raw_.reset();
    tasks_.cancel();
  }

  const AttachOptions& options_;
  UniqueFd wake_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  TaskGroup tasks_{io_.get_executor()};
  asio::thread_pool reading_{1};
  asio::thread_pool writing_{1};
  Condition changed_{io_.get_executor()};
  std::unique_ptr<Stream> stream_;
  FrameDecoder decoder_{run_stream::frame_bytes_max};
  std::deque<std::string> outgoing_;
  std::uint64_t credit_ = 0;
  std::map<int, int> times_told_;
  std::optional<RawMode> raw_;
  std::optional<Result<Ended>> outcome_;
};

}  // namespace

Result<Ended> hold_command(const AttachOptions& options) { return AttachedCommand(options).run(); }

}  // namespace davit::cli
