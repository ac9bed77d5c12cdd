#pragma once
#include <poll.h>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/frame.hpp"
#include "base/run_stream.hpp"
#include "base/unique_fd.hpp"
#include "dyno/session_channel.hpp"

namespace davit::dyno {

// A connection of the control socket that became a command's other end, with what came behind the
// request already.
struct Caller {
  UniqueFd fd;
  FrameDecoder decoder;
};

// One command that somebody talks with, seen from davit-dyno: carries bytes between the command and
// its caller, bounded both ways. A part of DynoRun's poll loop; nothing here blocks.
class Session {
 public:
  using SendSignal = std::function<void(int number)>;

  Session(SessionId id, SendSignal send_signal) : id_(id), send_signal_(std::move(send_signal)) {}

  SessionId id() const { return id_; }
  bool has_caller() const { return caller_.has_value(); }
  bool over() const { return ended_.has_value(); }
  // Somebody held the other end and let go before the command's end.
  bool hung_up() const { return left_ && !ended_; }
  // Nothing is left to do for it.
  bool done() const { return ended_ && (told_ ? out_.empty() || !caller_ : left_); }

  void give(Caller caller);
  void opened(std::vector<UniqueFd> fds);
  void ended(run_stream::Ended how);  // the first counts

  // Appends what to poll; serve() gets exactly these entries back.
  static constexpr std::size_t polled_entries = 4;
  void watch(std::vector<pollfd>& polled) const;
  void serve(std::span<const pollfd> polled);
  // Moves what can be moved now.
  void pump();

 private:
  void receive();
  void take_messages();
  bool take(run_stream::ToCommand message);
  bool take_input(std::string bytes);
  void feed_input();
  void pass_output();
  bool read_from(UniqueFd& fd, run_stream::Channel channel);
  void flush();
  void queue(const run_stream::FromCommand& message) { out_ += run_stream::encode(message); }
  void let_go();

  const SessionId id_;
  SendSignal send_signal_;
  std::optional<Caller> caller_;
  bool left_ = false;

  bool open_ = false;
  bool terminal_ = false;
  UniqueFd input_;  // of a terminal: its master, as the next
  UniqueFd output_;
  UniqueFd errors_;

  std::string waiting_;  // input that the command has not taken
  bool last_input_ = false;
  std::uint64_t granted_ = 0;  // input that the caller may send still
  std::uint64_t owed_ = 0;     // taken by the command, and not granted anew yet
  std::string out_;            // one piece of output at most, and small messages
  std::optional<run_stream::Ended> ended_;
  bool told_ = false;
};

}  // namespace davit::dyno
