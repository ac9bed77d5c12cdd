// How one dyno is frozen and goes on.
#include <utility>

#include "server/supervisor/dyno_runner.hpp"

namespace davit::supervisor {

void DynoRunner::freeze() {
  if (freeze_ != Freeze::none || !process_ || stopping()) return;
  freeze_ = Freeze::asked;
  helpers_.spawn("freeze dyno", send_freeze());
}

Task<> DynoRunner::send_freeze() { (void)co_await process_->freeze(); }

void DynoRunner::thaw() {
  if (freeze_ == Freeze::refused) freeze_ = Freeze::none;
  if (freeze_ == Freeze::none || !process_) return;
  const bool slept = std::exchange(freeze_, Freeze::none) == Freeze::frozen;
  helpers_.spawn("thaw dyno", send_thaw(slept));
}

// First it runs again, then it is told.
Task<> DynoRunner::send_thaw(bool slept) {
  (void)co_await process_->thaw();
  if (!slept) co_return;
  std::vector<std::string> lines;
  lines.push_back("Unidling");
  lines.push_back("State changed from down to starting");
  lines.push_back("State changed from starting to up");
  co_await say_all(std::move(lines));
}

Task<> DynoRunner::on_frozen(bool frozen) {
  if (freeze_ != Freeze::asked) co_return;  // woken meanwhile
  freeze_ = frozen ? Freeze::frozen : Freeze::refused;
  std::vector<std::string> lines;
  lines.push_back("Idling");
  if (frozen) lines.push_back("State changed from up to down");
  story_.on_change();
  co_await say_all(std::move(lines));
}

}  // namespace davit::supervisor
