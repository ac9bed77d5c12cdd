#pragma once
#include <chrono>
#include <list>
#include <optional>
#include <span>

#include "dyno/session.hpp"

namespace davit::dyno {

// Everybody who talks with a command of this dyno. A part of DynoRun's poll loop.
class Sessions {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Sessions(bool talks_with_main);

  // The dyno exists: its init starts commands over this channel.
  void open(UniqueFd channel);
  void attach(Caller caller);
  void exec(Caller caller, Exec what);
  void dyno_ended(const ExitRecord& record);

  // Appends what to poll; serve() gets exactly these entries back.
  void watch(std::vector<pollfd>& polled) const;
  void serve(std::span<const pollfd> polled, Time now);
  std::optional<Time> due() const;

  // Whoever talked with the dyno's own command is gone before its end. Once.
  bool take_main_hung_up();
  bool empty() const;  // nobody waits for anything any more

 private:
  struct Entry {
    Session session;
    std::optional<Time> kill_at;  // it was left alone
  };
  Entry& add(SessionId id);
  void take_news();
  void look_after(Time now);
  static void refuse(Caller caller, std::string why);

  UniqueFd channel_;
  std::list<Entry> entries_;
  SessionId next_id_ = main_session + 1;
  bool over_ = false;
  bool main_told_ = false;
};

}  // namespace davit::dyno
