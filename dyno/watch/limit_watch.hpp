#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "dyno/protocol/spec.hpp"
#include "dyno/protocol/usage.hpp"
#include "dyno/sandbox.hpp"
#include "dyno/watch/breach.hpp"
#include "dyno/watch/disk_watch.hpp"
#include "dyno/watch/memory_watch.hpp"
#include "dyno/watch/oom_watch.hpp"

namespace davit::dyno {

// Everything about a running dyno's limits: when to look, what was found, what it uses.
class LimitWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // spec and sandbox must outlive it.
  LimitWatch(const Spec& spec, const Sandbox& sandbox, Time now);

  // For poll(2); notice() when it is ready.
  int fd() const { return oom_.fd(); }
  short events() const { return oom_.events(); }
  void notice(Time now);

  Time due() const;
  // At due(). Set once the dyno has to be ended.
  std::optional<Breach> look(Time now);

  Usage usage() const;  // as of now
  // After the dyno's end: a limit that ended it before anybody saw.
  std::optional<Breach> last_look(const Usage& usage, const ExitRecord& record) const;
  // What else its end may have to do with; "" for nothing.
  std::string remarks(const Usage& usage) const;

 private:
  Breach out_of_memory(const Usage& usage) const;

  const Spec& spec_;
  const Sandbox& sandbox_;
  OomWatch oom_;
  DiskWatch disk_;
  std::optional<MemoryWatch> memory_;
  std::optional<Time> oom_look_at_;
  Time suspicion_ends_;
};

}  // namespace davit::dyno
