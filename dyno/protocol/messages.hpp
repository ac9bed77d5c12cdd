#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/frame.hpp"
#include "base/result.hpp"
#include "base/run_stream.hpp"
#include "dyno/protocol/usage.hpp"

// The control socket of a davit-dyno (<run>/dynos/<id>.sock, mode 0600): frames of base/frame.hpp.
//
// davitd connects at any time, any number of times; the newest connection is the subscriber. Right
// after accept davit-dyno sends Status. The client may then send:
//   Subscribe  output frames from an offset, then as it comes; Dropped where the spool no longer
//   has it; Listening and
//              Exited once they are true, also when they became true before; Usage every 10 s and
//              once before Exited
//   Ack        output before this offset is stored safely: it may leave the spool
//   Stop       SIGTERM to every process, SIGKILL to the whole tree after grace
//   Kill       SIGKILL to the whole tree now
//   Freeze     no process of the dyno runs until Thaw; Frozen tells when it is so. Stop and Kill
//   thaw first. Where the
//              host cannot, Frozen{false} is the answer
//   Thaw
//   Release    after Exited: remove scratch, socket and spool, and end. Before Exited: Kill first
//   Attach     the connection becomes the other end of the command itself (Spec::interaction)
//   Exec       the connection becomes the other end of another command inside the running dyno
// After the last two a connection carries base/run_stream.hpp both ways and no command of this
// protocol any more. When it ends before the command does, the command gets SIGHUP, and SIGKILL a
// few seconds later. A client that breaks the format is disconnected; the dyno runs on. A message
// of a type that one side does not know comes from a newer build of the other: it is passed over.
namespace davit::dyno {

enum class State { starting, running, exited };

enum class ExitReason {
  exited,         // of its own accord
  stopped,        // after Stop, in time
  stop_timeout,   // after Stop, had to be killed (R12)
  killed,         // after Kill
  time_limit,     // Spec::time_limit passed
  owner_gone,     // Spec::owner_bound and the owner went, or whoever held the other end of it
  out_of_memory,  // the kernel killed it for memory (R15)
  setup_failed,   // the sandbox could not be made; detail says why
  disk_full,      // its writable layer grew over Limits::disk_bytes
};

struct ExitRecord {
  int code = 0;    // exit code, or 128 + signal
  int signal = 0;  // 0: exited by itself
  ExitReason reason = ExitReason::exited;
  std::string detail;  // for people; empty unless there is something to say
  std::chrono::milliseconds ran{0};
};

// davit-dyno -> davitd
struct Status {
  int version = 0;
  std::string id;
  std::string name;
  int launcher_pid = 0;
  std::uint64_t launcher_start =
      0;             // process_start_time(launcher_pid): proves that it is the same process
  int init_pid = 0;  // as the host sees it; 0 once gone
  State state = State::starting;
  bool listening = false;
  bool frozen = false;
  std::uint64_t output_begin = 0;  // oldest offset still in the spool
  std::uint64_t output_end = 0;
  std::optional<ExitRecord> exit;
};
struct Dropped {
  std::uint64_t from = 0;
  std::uint64_t to = 0;     // output [from, to) is lost
  std::uint64_t lines = 0;  // how many lines ended in it
};
struct Listening {};
struct Exited {
  ExitRecord record;
};
struct Frozen {
  bool frozen = false;
};
// From a newer build of the other side.
struct Unknown {
  std::string type;
};
// OutputChunk (base/frame.hpp) is one of them.
using Event = std::variant<Status, OutputChunk, Dropped, Listening, Exited, Usage, Frozen, Unknown>;

// davitd -> davit-dyno
struct Subscribe {
  std::uint64_t from = 0;
};
struct Ack {
  std::uint64_t offset = 0;
};
struct Stop {
  std::chrono::milliseconds grace{30'000};
};
struct Kill {};
struct Release {};
struct Freeze {};
struct Thaw {};
struct Attach {};
struct Exec {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;  // on top of Spec::env
  run_stream::Interaction interaction;
};
using Command =
    std::variant<Subscribe, Ack, Stop, Kill, Release, Freeze, Thaw, Attach, Exec, Unknown>;

std::string encode(const Event& event);      // a whole frame
std::string encode(const Command& command);  // a whole frame
Result<Event> decode_event(Frame frame);
Result<Command> decode_command(Frame frame);

std::string_view to_string(ExitReason reason);

}  // namespace davit::dyno
