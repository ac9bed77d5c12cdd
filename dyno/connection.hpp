#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/frame.hpp"
#include "base/unique_fd.hpp"
#include "dyno/protocol/messages.hpp"
#include "dyno/session.hpp"
#include "dyno/spool.hpp"

namespace davit::dyno {

// What a subscriber is told beside output.
struct Facts {
  bool listening = false;
  const ExitRecord* exit = nullptr;  // set once all output is in the spool
  // Of these only the newest counts; the number grows with each, 0 for none yet.
  const Usage* usage = nullptr;
  unsigned usage_number = 0;
  bool frozen = false;
  unsigned frozen_number = 0;
};

// One client of the control socket. Holds at most one output frame; the rest waits in the spool, so
// that a slow client costs nothing.
class Connection {
 public:
  explicit Connection(UniqueFd fd);

  int fd() const { return fd_.get(); }
  bool closed() const { return !fd_; }
  bool subscribed() const { return position_.has_value(); }
  bool wants_write() const { return !out_.empty(); }
  void close() { fd_.reset(); }
  // It goes on as the other end of a command: closed here.
  Caller surrender() { return {std::move(fd_), std::move(decoder_)}; }

  void send(const Event& event) { out_ += encode(event); }
  void subscribe(const Spool& spool, std::uint64_t from);

  // Reads what is there and hands every command on. Closes itself on end of stream and on bad
  // input.
  void receive(const std::function<void(Connection&, Command)>& handle);
  // Queues what is new for a subscriber and writes what the socket takes.
  void pump(const Spool& spool, const Facts& facts);

 private:
  bool queue_next(const Spool& spool, const Facts& facts);
  bool flush();

  UniqueFd fd_;
  FrameDecoder decoder_;
  std::string out_;
  std::optional<std::uint64_t> position_;
  std::uint64_t lines_ = 0;  // line ends before position_, lost ones included
  bool told_listening_ = false;
  bool told_exit_ = false;
  unsigned told_usage_ = 0;
  unsigned told_frozen_ = 0;
};

}  // namespace davit::dyno
