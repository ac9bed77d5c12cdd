#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"
#include "dyno/protocol/messages.hpp"

namespace davit::dyno {

// Commands that somebody talks with are started by the dyno's init, which is inside already and has
// no right that the app has not: so nothing of davit-dyno's ever enters a dyno. Orders and answers
// are packets over a pair of SOCK_SEQPACKET sockets; neither side blocks.
using SessionId = std::uint32_t;
inline constexpr SessionId main_session = 0;  // the dyno's own command

// davit-dyno -> init
struct StartSession {
  SessionId session = 0;
  Exec what;
};
struct SignalSession {
  SessionId session = 0;
  int number = 0;  // to its process group
};
using SessionOrder = std::variant<StartSession, SignalSession>;

// init -> davit-dyno
struct SessionNews {
  enum class Kind : std::uint8_t { opened = 1, failed, ended };
  Kind kind = Kind::failed;
  SessionId session = 0;
  int code = 0;  // of ended
  int signal = 0;
  std::string text;           // of failed: why
  std::vector<UniqueFd> fds;  // of opened: CommandIo::outer
};

enum class ChannelState { open, closed };

bool send_order(int channel, const SessionOrder& order);
// nullopt: nothing now, or the other side is gone, which `state` tells.
std::optional<SessionOrder> receive_order(int channel, ChannelState& state);
bool send_news(int channel, const SessionNews& news);
std::optional<SessionNews> receive_news(int channel, ChannelState& state);

}  // namespace davit::dyno
