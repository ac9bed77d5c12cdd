#pragma once
#include <sys/types.h>

#include <map>

#include "dyno/command_io.hpp"
#include "dyno/sandbox_plan.hpp"
#include "dyno/session_channel.hpp"

namespace davit::dyno {

// In init: starts commands beside the dyno's own on davit-dyno's orders, each as the app itself is
// started, and tells of their ends. The dyno's own is in the list too when somebody talks with it.
class InitSessions {
 public:
  InitSessions(const SandboxPlan& plan, int channel) : plan_(plan), channel_(channel) {}

  int fd() const { return channel_; }  // to poll; -1: davit-dyno has closed it
  void serve();
  // The dyno's own command runs with these.
  void add_main(pid_t pid, CommandIo io);
  void reaped(pid_t pid, int code, int signal);

 private:
  void start(StartSession order);
  void signal(const SignalSession& order) const;
  void opened(SessionId session, CommandIo io);
  void failed(SessionId session, std::string why);

  const SandboxPlan& plan_;
  int channel_;
  std::map<SessionId, pid_t> running_;
};

}  // namespace davit::dyno
