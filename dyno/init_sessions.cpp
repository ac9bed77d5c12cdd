#include "dyno/init_sessions.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "dyno/command.hpp"

namespace davit::dyno {

void InitSessions::serve() {
  for (;;) {
    ChannelState state = ChannelState::open;
    auto order = receive_order(channel_, state);
    if (state == ChannelState::closed) channel_ = -1;
    if (!order) return;
    if (auto* begin = std::get_if<StartSession>(&*order)) {
      start(std::move(*begin));
    } else {
      signal(std::get<SignalSession>(*order));
    }
  }
}

void InitSessions::start(StartSession order) {
  auto io = CommandIo::make(order.what.interaction, plan_.level);
  if (!io) return failed(order.session, io.error().message);
  auto env = plan_.spec.env;
  for (auto& [key, value] : order.what.env) env[key] = std::move(value);
  const pid_t pid = ::fork();
  if (pid == 0) run_command(plan_, Launch{order.what.argv, env, &*io, -1});
  if (pid < 0) {
    return failed(order.session, fail_errno(errno, "start a process in the dyno").message);
  }
  running_[order.session] = pid;
  opened(order.session, std::move(*io));
}

void InitSessions::add_main(pid_t pid, CommandIo io) {
  running_[main_session] = pid;
  opened(main_session, std::move(io));
}

// A process leads its group from a moment after its start on; until it was reaped its number is its
// own.
void InitSessions::signal(const SignalSession& order) const {
  const auto found = running_.find(order.session);
  if (found == running_.end()) return;
  if (::kill(-found->second, order.number) != 0) ::kill(found->second, order.number);
}

void InitSessions::reaped(pid_t pid, int code, int signal_number) {
  for (auto it = running_.begin(); it != running_.end(); ++it) {
    if (it->second != pid) continue;
    send_news(channel_,
              SessionNews{SessionNews::Kind::ended, it->first, code, signal_number, {}, {}});
    running_.erase(it);
    return;
  }
}

void InitSessions::opened(SessionId session, CommandIo io) {
  send_news(channel_,
            SessionNews{SessionNews::Kind::opened, session, 0, 0, {}, std::move(io.outer)});
}

void InitSessions::failed(SessionId session, std::string why) {
  send_news(channel_, SessionNews{SessionNews::Kind::failed, session, 0, 0, std::move(why), {}});
}

}  // namespace davit::dyno
