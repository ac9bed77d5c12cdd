#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/frame.hpp"
#include "base/result.hpp"

// The input and output of one command that somebody holds the other end of: `davit run` and `davit
// ps:exec`, all the way from the tool to the dyno's davit-dyno. Frames of base/frame.hpp; no I/O
// here.
//
// Input is sent on credit: davit-dyno grants what it has room for, so that a command which does not
// read never keeps a signal or a new window size waiting behind its input. Output needs no credit:
// it waits where the next hop does not read. A message of a type that one side does not know is
// passed over; data on a channel that does not exist, or input without credit, breaks the format.
namespace davit::run_stream {

inline constexpr std::string_view protocol_name = "davit-run";  // of HTTP's Upgrade field

// One piece of input or output: cheap to handle, and little to hold at each hop.
inline constexpr std::size_t data_bytes_max = 32 * 1024;
inline constexpr std::size_t frame_bytes_max = 64 * 1024;
// Input on its way or in davit-dyno that the command has not read: a fast link's worth.
inline constexpr std::size_t input_window = 256 * 1024;

struct WindowSize {
  std::uint16_t columns = 0;  // 0: not known
  std::uint16_t rows = 0;
  friend bool operator==(const WindowSize&, const WindowSize&) = default;
};

// How a command's input and output are made.
struct Interaction {
  bool terminal = false;  // a pseudo terminal; else three pipes
  WindowSize window;      // of the terminal at its start
};

// A newer build's.
struct Unknown {
  std::string type;
};

// to the command
struct Input {
  std::string bytes;
};
struct EndOfInput {};
struct Resize {
  WindowSize window;
};
struct Signal {
  int number = 0;  // SIGHUP, SIGINT, SIGQUIT or SIGTERM: to the command's process group
};
using ToCommand = std::variant<Input, EndOfInput, Resize, Signal, Unknown>;

// from the command
enum class Channel : std::uint8_t { output = 1, errors = 2 };
struct Started {};
struct Output {
  Channel channel = Channel::output;
  std::string bytes;
};
struct Credit {
  std::uint32_t bytes = 0;  // of input more
};
struct Ping {};  // the connection is alive
// The last message; all output came before it.
struct Ended {
  int code = 0;  // exit code, or 128 + signal
  int signal = 0;
  std::string reason;  // "exited", "killed", "time_limit", "refused"...: for programs
  std::string detail;  // for people; empty unless there is something to say
};
using FromCommand = std::variant<Started, Output, Credit, Ping, Ended, Unknown>;

std::string encode(const ToCommand& message);  // a whole frame
std::string encode(const FromCommand& message);
Result<ToCommand> decode_to_command(Frame frame);
Result<FromCommand> decode_from_command(Frame frame);

// "TERM" and SIGTERM. 0 and "" for what is none of the four.
int signal_number(std::string_view name);
std::string_view signal_name(int number);

}  // namespace davit::run_stream
