#pragma once
#include <string>

#include "base/async.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "dyno/protocol/network.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit::network {

// Runs a bash script as a dyno would run it, with nothing but a network, to see what a dyno sees.
struct Trial {
  dyno::Network network;
  std::string script;
};
struct TrialOutcome {
  int code = 0;
  std::string output;  // both streams; cut at limits::trial_output_bytes_max
};

struct TrialHost {
  dynos::Launcher& launcher;
  Random& random;
  std::string scratch;  // folder for scratch folders of dynos
};

using TrialDyno = std::unique_ptr<dynos::DynoProcess>;
// Started and not yet read: ends soon after it was dropped, or within end_trial().
Task<Result<TrialDyno>> start_trial(TrialHost host, Trial trial);
Task<> end_trial(TrialDyno dyno);

// Errors: the sandbox could not be made, or it took longer than limits::trial_timeout. Nothing of
// it is left when this returns. io thread; host outlives the call.
Task<Result<TrialOutcome>> run_trial(TrialHost host, Trial trial);

}  // namespace davit::network
