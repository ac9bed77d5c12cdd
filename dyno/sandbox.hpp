#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "dyno/cgroup/cgroup.hpp"
#include "dyno/listen_watch.hpp"
#include "dyno/protocol/spec.hpp"
#include "dyno/uplink.hpp"

namespace davit::dyno {

// The running dyno, seen from davit-dyno: its init process, the three pipes to it, its cgroups.
class Sandbox {
 public:
  // Clones init into its namespaces, which then makes the rest (reports tell). spec must outlive
  // the call only.
  static Result<Sandbox> start(const Spec& spec, Level level);

  Sandbox(Sandbox&&) = default;
  Sandbox& operator=(Sandbox&&) = default;

  Level level() const { return level_; }
  pid_t init_pid() const { return init_pid_; }
  int output_fd() const { return output_.get(); }  // non-blocking
  int report_fd() const { return report_.get(); }  // non-blocking
  void close_output() { output_.reset(); }
  // Of an isolated network: where sockets come from (socket_stock.hpp), and who listens in it.
  UniqueFd take_sockets() { return std::move(sockets_); }
  UniqueFd take_sessions() { return std::move(sessions_); }  // session_channel.hpp
  ListenTables take_listen_tables() { return std::move(listen_tables_); }
  void cut_uplink() { uplink_.reset(); }

  void terminate() const;  // SIGTERM to every process
  void hang_up() const;    // SIGHUP to every process
  void kill() const;       // SIGKILL to the whole tree; the dead are reaped by the caller
  // False until every process of the dyno is gone. After init was reaped only level C can have
  // others.
  bool empty() const;
  // Begins to stop or resume every process; false: this host cannot.
  bool freeze(bool on) const { return cgroup_.freeze(on); }
  const Cgroup& cgroup() const { return cgroup_; }
  bool remove_cgroup() { return cgroup_.remove(); }

 private:
  Sandbox() = default;
  void tell(char order) const;
  Result<> connect_network(const Network& network, UniqueFd sockets);
  Level level_ = Level::c;
  Cgroup cgroup_;
  pid_t init_pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd output_;
  UniqueFd report_;
  UniqueFd order_;
  UniqueFd sockets_;
  UniqueFd sessions_;
  ListenTables listen_tables_;
  std::optional<Uplink> uplink_;
};

}  // namespace davit::dyno
