#include "dyno/session.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "dyno/command_io.hpp"

namespace davit::dyno {
namespace {

using run_stream::Channel;
using run_stream::Credit;
using run_stream::data_bytes_max;
using run_stream::EndOfInput;
using run_stream::Input;
using run_stream::input_window;
using run_stream::Output;
using run_stream::Resize;
using run_stream::Started;
using run_stream::ToCommand;

// Credit is given back in pieces of this size, or when all was taken.
constexpr std::uint64_t credit_step = data_bytes_max;
constexpr char end_of_transmission = '\x04';  // what a terminal takes for the end of input

}  // namespace

void Session::give(Caller caller) {
  caller_.emplace(std::move(caller));
  take_messages();
  pump();
}

void Session::opened(std::vector<UniqueFd> fds) {
  open_ = true;
  if (fds.size() != 1 && fds.size() != 3) return;
  terminal_ = fds.size() == 1;
  input_ = std::move(fds[0]);
  output_ = terminal_ ? UniqueFd(::fcntl(input_.get(), F_DUPFD_CLOEXEC, 3)) : std::move(fds[1]);
  if (!terminal_) errors_ = std::move(fds[2]);
  queue(Started{});
  granted_ = input_window;
  queue(Credit{input_window});
  left_ ? let_go() : pump();
}

void Session::ended(run_stream::Ended how) {
  if (ended_) return;
  ended_ = std::move(how);
  input_.reset();
  waiting_.clear();
  pump();
}

void Session::watch(std::vector<pollfd>& polled) const {
  const bool sending = !out_.empty();
  const bool reading = left_ || (caller_ && !sending);
  polled.push_back(
      {caller_ ? caller_->fd.get() : -1, static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0});
  polled.push_back({waiting_.empty() ? -1 : input_.get(), POLLOUT, 0});
  polled.push_back({reading ? output_.get() : -1, POLLIN, 0});
  polled.push_back({reading ? errors_.get() : -1, POLLIN, 0});
}

void Session::serve(std::span<const pollfd> polled) {
  const bool heard = (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  if (caller_ && heard) receive();
  const auto ready = [](const pollfd& each) { return each.revents != 0; };
  if (std::ranges::any_of(polled, ready)) pump();
}

void Session::pump() {
  feed_input();
  flush();
  pass_output();
  if (!ended_ || told_ || !caller_ || !out_.empty()) return;
  told_ = true;
  queue(*ended_);
  flush();
}

void Session::receive() {
  char buffer[64 * 1024];
  const ssize_t count = ::recv(caller_->fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return let_go();
  caller_->decoder.feed({buffer, static_cast<std::size_t>(count)});
  take_messages();
}

void Session::take_messages() {
  while (caller_) {
    auto frame = caller_->decoder.next();
    if (!frame) return let_go();
    if (!*frame) return;
    auto message = run_stream::decode_to_command(std::move(**frame));
    if (!message || !take(std::move(*message))) return let_go();
  }
}

bool Session::take(ToCommand message) {
  if (auto* input = std::get_if<Input>(&message)) return take_input(std::move(input->bytes));
  if (std::holds_alternative<EndOfInput>(message)) {
    last_input_ = true;
    if (terminal_) waiting_ += end_of_transmission;
  } else if (const auto* resize = std::get_if<Resize>(&message)) {
    if (terminal_ && output_) set_window(output_.get(), resize->window);
  } else if (const auto* signal = std::get_if<run_stream::Signal>(&message)) {
    if (!ended_) send_signal_(signal->number);
  }
  return true;
}

bool Session::take_input(std::string bytes) {
  if (bytes.size() > granted_ || last_input_) return ended_.has_value();
  granted_ -= bytes.size();
  waiting_ += bytes;
  return true;
}

// A command that closed its input, or has ended, takes everything and keeps nothing: whoever sends
// must not wait.
void Session::feed_input() {
  while (!waiting_.empty()) {
    const ssize_t count = input_ ? ::write(input_.get(), waiting_.data(), waiting_.size())
                                 : static_cast<ssize_t>(waiting_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      input_.reset();
      continue;
    }
    owed_ += static_cast<std::uint64_t>(count);
    waiting_.erase(0, static_cast<std::size_t>(count));
  }
  if (last_input_ && waiting_.empty() && !terminal_) input_.reset();
  if (!open_ || owed_ == 0 || (owed_ < credit_step && !waiting_.empty())) return;
  granted_ += owed_;
  if (caller_ && !ended_) queue(Credit{static_cast<std::uint32_t>(owed_)});
  owed_ = 0;
}

void Session::pass_output() {
  if (left_) {
    read_from(output_, Channel::output);
    read_from(errors_, Channel::errors);
    out_.clear();
    return;
  }
  while (caller_ && out_.empty()) {
    bool any = read_from(output_, Channel::output);
    any = read_from(errors_, Channel::errors) || any;
    if (!any) return;
    flush();
    // While the command runs a flood of output must not keep the rest of the dyno waiting.
    if (!ended_) return;
  }
}

// True when something was read.
bool Session::read_from(UniqueFd& fd, Channel channel) {
  if (!fd) return false;
  std::string bytes(data_bytes_max, '\0');
  const ssize_t count = ::read(fd.get(), bytes.data(), bytes.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) {  // the end; of a terminal EIO, when nobody inside has it open any more
    fd.reset();
    return false;
  }
  bytes.resize(static_cast<std::size_t>(count));
  queue(Output{channel, std::move(bytes)});
  return true;
}

void Session::flush() {
  std::size_t sent = 0;
  while (caller_ && sent < out_.size()) {
    const ssize_t count = ::send(caller_->fd.get(), out_.data() + sent, out_.size() - sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return let_go();
    sent += static_cast<std::size_t>(count);
  }
  out_.erase(0, sent);
}

// The kernel tells the processes of a terminal whose master goes. Those of pipes may have something
// to say in their last seconds: nobody hears it, but it does not kill them.
void Session::let_go() {
  left_ = true;
  caller_.reset();
  input_.reset();
  if (terminal_) output_.reset();
  out_.clear();
  waiting_.clear();
}

}  // namespace davit::dyno
