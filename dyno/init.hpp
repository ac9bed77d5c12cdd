#pragma once
#include "dyno/sandbox_plan.hpp"

namespace davit::dyno {

// Descriptors of the init process; everything else of davit-dyno's is closed there.
struct InitFds {
  int order;         // reads davit-dyno's orders; end of stream: davit-dyno is gone
  int report;        // report.hpp
  int output;        // the command's standard output and error
  int sessions;      // session_channel.hpp
  int sockets = -1;  // socket_maker.hpp; -1: the network is the host's
};

inline constexpr int exit_setup_failed = 125;

inline constexpr char order_go = 'G';         // the user namespace is mapped: begin
inline constexpr char order_terminate = 'T';  // SIGTERM to every process
inline constexpr char order_hang_up = 'H';    // SIGHUP to every process

// The first process of the dyno: makes the sandbox, starts the command, reaps whatever is orphaned,
// passes SIGTERM on, and exits with the command's status, which ends every process that is left: by
// the kernel at levels A and B, where it is pid 1, by hand at level C, where it is a subreaper.
[[noreturn]] void run_init(const SandboxPlan& plan, InitFds fds);

}  // namespace davit::dyno
