#include "dyno/freezer.hpp"

#include "dyno/limits.hpp"

namespace davit::dyno {

void Freezer::freeze(Time now) {
  if (frozen_) return answer(true);
  if (!sandbox_->freeze(true)) return answer(false);
  wanted_ = true;
  give_up_at_ = now + limits::freeze_wait;
  look(now);
}

void Freezer::thaw() {
  if (!wanted_) return;
  wanted_ = false;
  due_.reset();
  sandbox_->freeze(false);
  answer(false);
}

void Freezer::look(Time now) {
  if (!wanted_ || frozen_) return;
  if (sandbox_->cgroup().frozen()) {
    due_.reset();
    return answer(true);
  }
  // One that hangs in the kernel (a dead network disk) cannot be stopped: as it was.
  if (now >= give_up_at_) return thaw();
  due_ = now + limits::freeze_pause;
}

void Freezer::answer(bool frozen) {
  frozen_ = frozen;
  ++answers_;
}

}  // namespace davit::dyno
