#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "server/supervisor/run_request.hpp"

namespace davit::api {

// What whoever has the URL may do: hold the other end of one command, once.
struct RunTicket {
  AppId app;
  DynoId dyno;
  std::optional<supervisor::ExecRequest> exec;  // nullopt: the dyno's own command, a one-off's
};

// URLs that were given out for the other end of a command. The secret in the URL is the permission:
// 256 random bits, of which only a hash is kept, good once and for a minute. Bounded. io thread
// only.
class RunTickets {
 public:
  RunTickets(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  Result<std::string> give(RunTicket ticket);  // its secret. limit_exceeded
  std::optional<RunTicket> take(
      const std::string& secret);  // used up now; nullopt: wrong, used or too old

 private:
  struct Entry {
    RunTicket ticket;
    SteadyTime expires_at;
  };

  const Clock& clock_;
  Random& random_;
  std::map<std::string, Entry> tickets_;  // by the hash of the secret
};

}  // namespace davit::api
