#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "base/condition.hpp"

namespace davit::sources {

// Who may use one of so many threads now: first come, first served, but nobody holds more than a
// part of them, whatever else waits. Pure.
class ShareList {
 public:
  ShareList(std::size_t all, std::size_t each) : all_(all), each_(each) {}
  using Ticket = std::uint64_t;
  Ticket join(std::string who);
  bool may_begin(Ticket ticket) const;
  void begin(Ticket ticket);
  void leave(Ticket ticket);

 private:
  struct Entry {
    Ticket ticket;
    std::string who;
    bool begun = false;
  };
  std::size_t held_by(const std::string& who) const;
  const std::size_t all_;
  const std::size_t each_;
  Ticket next_ = 0;
  std::list<Entry> entries_;  // in the order in which they came
};

// The same, waited for. io thread only; outlives every share it gave.
class Shares {
 public:
  Shares(std::size_t all, std::size_t each) : list_(all, each) {}

  class Share {
   public:
    Share(Shares& shares, std::string who);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    friend class Shares;
    Shares& shares_;
    const ShareList::Ticket ticket_;
  };
  // Cancellable.
  Task<std::unique_ptr<Share>> take(std::string who);

 private:
  ShareList list_;
  std::unique_ptr<Condition> changed_;  // made by the first who waits: it knows the executor
};

}  // namespace davit::sources
