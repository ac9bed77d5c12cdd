#include "dyno/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "dyno/limits.hpp"

namespace davit::dyno {

Connection::Connection(UniqueFd fd) : fd_(std::move(fd)), decoder_(limits::command_bytes_max) {}

void Connection::receive(const std::function<void(Connection&, Command)>& handle) {
  char buffer[4096];
  const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close();
  decoder_.feed({buffer, static_cast<std::size_t>(count)});
  while (!closed()) {
    auto frame = decoder_.next();
    if (!frame) return close();
    if (!*frame) return;
    auto command = decode_command(std::move(**frame));
    if (!command) return close();
    handle(*this, std::move(*command));
  }
}

void Connection::subscribe(const Spool& spool, std::uint64_t from) {
  position_ = from;
  lines_ = spool.lines_before(from);
}

void Connection::pump(const Spool& spool, const Facts& facts) {
  do {
    if (!flush()) return;
  } while (queue_next(spool, facts));
}

// True when everything queued is out.
bool Connection::flush() {
  while (!out_.empty()) {
    const ssize_t count = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) {
      close();
      return false;
    }
    out_.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

bool Connection::queue_next(const Spool& spool, const Facts& facts) {
  if (!position_) return false;
  if (facts.listening && !told_listening_) {
    told_listening_ = true;
    send(Listening{});
  } else if (facts.frozen_number != told_frozen_) {
    told_frozen_ = facts.frozen_number;
    send(Frozen{facts.frozen});
  } else if (facts.usage_number != told_usage_) {
    told_usage_ = facts.usage_number;
    send(*facts.usage);
  } else if (*position_ < spool.begin()) {
    const auto lines = spool.lines_before(spool.begin());
    send(Dropped{*position_, spool.begin(), lines - std::min(lines, lines_)});
    position_ = spool.begin();
    lines_ = lines;
  } else if (*position_ < spool.end()) {
    OutputChunk chunk{*position_, spool.read(*position_, limits::output_frame_bytes)};
    *position_ += chunk.bytes.size();
    lines_ += static_cast<std::uint64_t>(std::count(chunk.bytes.begin(), chunk.bytes.end(), '\n'));
    send(Event(std::move(chunk)));
  } else if (facts.exit != nullptr && !told_exit_) {
    told_exit_ = true;
    send(Exited{*facts.exit});
  } else {
    return false;
  }
  return true;
}

}  // namespace davit::dyno
