#pragma once
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/run_stream.hpp"

namespace davit::dynos {

// The other end of a command in a dyno (base/run_stream.hpp). io thread only; one coroutine at a
// time in next(), one in send(). Destruction before the command's end hangs up: it gets SIGHUP, and
// SIGKILL some seconds later.
class SessionLink {
 public:
  virtual ~SessionLink() = default;
  // Read on demand: what nobody asks for waits in the dyno. unavailable: davit-dyno is gone;
  // timeout. Cancellable.
  virtual Task<Result<run_stream::FromCommand>> next(SteadyTime deadline = SteadyTime::max()) = 0;
  virtual Task<Result<>> send(run_stream::ToCommand message) = 0;
};

}  // namespace davit::dynos
