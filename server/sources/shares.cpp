#include "server/sources/shares.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/ensure.hpp"

namespace davit::sources {

ShareList::Ticket ShareList::join(std::string who) {
  entries_.push_back({next_, std::move(who)});
  return next_++;
}

std::size_t ShareList::held_by(const std::string& who) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [&](const Entry& one) { return one.begun && one.who == who; }));
}

bool ShareList::may_begin(Ticket ticket) const {
  std::size_t held = static_cast<std::size_t>(std::ranges::count(entries_, true, &Entry::begun));
  for (const Entry& one : entries_) {
    if (one.begun) continue;
    // Who has enough is passed over, and keeps its place.
    const bool next = held < all_ && held_by(one.who) < each_;
    if (one.ticket == ticket) return next;
    if (next) return false;
  }
  return false;
}

void ShareList::begin(Ticket ticket) {
  ensure(may_begin(ticket), "a share begins in its turn");
  std::ranges::find(entries_, ticket, &Entry::ticket)->begun = true;
}

void ShareList::leave(Ticket ticket) {
  std::erase_if(entries_, [&](const Entry& one) { return one.ticket == ticket; });
}

Shares::Share::Share(Shares& shares, std::string who)
    : shares_(shares), ticket_(shares.list_.join(std::move(who))) {}

Shares::Share::~Share() {
  shares_.list_.leave(ticket_);
  if (shares_.changed_) shares_.changed_->notify_all();
}

Task<std::unique_ptr<Shares::Share>> Shares::take(std::string who) {
  if (!changed_) {
    auto executor = co_await asio::this_coro::executor;
    changed_ = std::make_unique<Condition>(executor);
  }
  auto share = std::make_unique<Share>(*this, std::move(who));
  while (!list_.may_begin(share->ticket_)) co_await changed_->wait();
  list_.begin(share->ticket_);
  changed_->notify_all();  // the next one may be next now
  co_return std::move(share);
}

}  // namespace davit::sources
