#include "dyno/sessions.hpp"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

run_stream::Ended ending(int code, int signal, std::string_view reason, std::string detail) {
  return {code, signal, std::string(reason), std::move(detail)};
}

constexpr int exit_refused = 126;

}  // namespace

Sessions::Sessions(bool talks_with_main) {
  if (talks_with_main) add(main_session);
}

Sessions::Entry& Sessions::add(SessionId id) {
  const auto send_signal = [this, id](int number) {
    if (channel_) send_order(channel_.get(), SignalSession{id, number});
  };
  return entries_.emplace_back(Entry{Session(id, send_signal), std::nullopt});
}

void Sessions::open(UniqueFd channel) { channel_ = std::move(channel); }

void Sessions::attach(Caller caller) {
  const bool there = !entries_.empty() && entries_.front().session.id() == main_session;
  if (!there || entries_.front().session.has_caller() || entries_.front().session.hung_up()) {
    return refuse(std::move(caller), "nobody can talk with this dyno's command now");
  }
  entries_.front().session.give(std::move(caller));
}

void Sessions::exec(Caller caller, Exec what) {
  if (over_ || !channel_) return refuse(std::move(caller), "the dyno is not running");
  if (entries_.size() >= limits::sessions_max) {
    return refuse(std::move(caller), fmt::format("{} commands run inside the dyno beside its own "
                                                 "already; end one of them first",
                                                 entries_.size()));
  }
  const SessionId id = next_id_++;
  if (!send_order(channel_.get(), StartSession{id, std::move(what)})) {
    return refuse(std::move(caller), "the dyno's init does not take orders; try again");
  }
  add(id).session.give(std::move(caller));
}

void Sessions::refuse(Caller caller, std::string why) {
  const std::string frame =
      encode(run_stream::FromCommand(ending(exit_refused, 0, "refused", std::move(why))));
  // A new connection's buffer is empty: it fits.
  [[maybe_unused]] const auto sent =
      ::send(caller.fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Sessions::dyno_ended(const ExitRecord& record) {
  over_ = true;
  take_news();
  channel_.reset();
  for (auto& entry : entries_) {
    const bool main = entry.session.id() == main_session;
    entry.session.ended(
        main ? ending(record.code, record.signal, to_string(record.reason), record.detail)
             : ending(128 + SIGKILL, SIGKILL, "killed", "the dyno has ended"));
  }
}

void Sessions::watch(std::vector<pollfd>& polled) const {
  polled.push_back({channel_.get(), POLLIN, 0});
  for (const auto& entry : entries_) entry.session.watch(polled);
}

void Sessions::serve(std::span<const pollfd> polled, Time now) {
  const auto channel = polled.front();
  polled = polled.subspan(1);
  for (auto& entry : entries_) {
    entry.session.serve(polled.first(Session::polled_entries));
    polled = polled.subspan(Session::polled_entries);
  }
  if (channel.revents != 0) take_news();
  look_after(now);
}

void Sessions::take_news() {
  while (channel_) {
    ChannelState state = ChannelState::open;
    auto news = receive_news(channel_.get(), state);
    if (state == ChannelState::closed) channel_.reset();
    if (!news) return;
    const auto entry = std::ranges::find_if(
        entries_, [&](const Entry& each) { return each.session.id() == news->session; });
    if (entry == entries_.end()) continue;
    switch (news->kind) {
      case SessionNews::Kind::opened: entry->session.opened(std::move(news->fds)); break;
      case SessionNews::Kind::failed:
        entry->session.ended(ending(exit_refused, 0, "setup_failed", printable(news->text, 400)));
        break;
      case SessionNews::Kind::ended:
        entry->session.ended(ending(news->code, news->signal, "exited", ""));
        break;
    }
  }
}

// A command beside the dyno's own whose caller went: SIGHUP as from a terminal, SIGKILL when that
// was not enough. It is asked again and again, because an order may get lost.
void Sessions::look_after(Time now) {
  std::erase_if(entries_, [](const Entry& entry) {
    return entry.session.done() &&
           (entry.session.id() != main_session || entry.session.has_caller());
  });
  for (auto& entry : entries_) {
    if (entry.session.id() == main_session || !entry.session.hung_up()) continue;
    if (entry.kill_at && now < *entry.kill_at) continue;
    const int number = entry.kill_at ? SIGKILL : SIGHUP;
    if (channel_) send_order(channel_.get(), SignalSession{entry.session.id(), number});
    entry.kill_at = now + (entry.kill_at ? limits::kill_again : limits::hang_up_grace);
  }
}

std::optional<Sessions::Time> Sessions::due() const {
  std::optional<Time> next;
  for (const auto& entry : entries_) {
    if (entry.session.id() == main_session || !entry.session.hung_up()) continue;
    const Time at = entry.kill_at.value_or(Time());  // not looked after yet
    if (!next || at < *next) next = at;
  }
  return next;
}

bool Sessions::take_main_hung_up() {
  const bool hung_up = !main_told_ && !entries_.empty() &&
                       entries_.front().session.id() == main_session &&
                       entries_.front().session.hung_up();
  main_told_ = main_told_ || hung_up;
  return hung_up;
}

bool Sessions::empty() const {
  return std::ranges::none_of(entries_, [](const Entry& entry) {
    return entry.session.has_caller() && !entry.session.done();
  });
}

}  // namespace davit::dyno
