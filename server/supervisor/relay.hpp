#pragma once
#include "base/clock.hpp"
#include "server/dynos/session_link.hpp"
#include "server/supervisor/run_request.hpp"

namespace davit::supervisor {

enum class RelayEnd {
  ended,  // the client was told of the command's end
  client_gone,
  idle,       // neither side said anything for too long; the client was told
  dyno_gone,  // the link broke without a word; the client was told
};

struct RelayTimes {
  std::chrono::milliseconds idle;
  std::chrono::milliseconds ping;  // to a client that nothing else is sent to
};

// Carries messages between a client and a command until one of them is gone. Holds one message each
// way: whoever does not read makes the other wait. io thread; both outlive it. Cancellable.
Task<RelayEnd> relay(RunClient& client, dynos::SessionLink& link, RelayTimes times);

}  // namespace davit::supervisor
