#include "server/dynos/held_dynos.hpp"

#include <utility>

namespace davit::dynos {

struct HeldDynos::Hold::State {
  std::multiset<std::string> ids;  // a one-off may be held by its runner and an adopter at once
  std::function<void()> let_go;
};

HeldDynos::Hold::Hold(std::shared_ptr<State> state, const std::string& id)
    : state_(std::move(state)), id_(id) {
  state_->ids.insert(id_);
}

HeldDynos::Hold& HeldDynos::Hold::operator=(Hold&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(id_, other.id_);
  return *this;
}

HeldDynos::Hold::~Hold() {
  if (!state_) return;
  state_->ids.erase(state_->ids.find(id_));
  if (state_->let_go) state_->let_go();
}

HeldDynos::HeldDynos() : state_(std::make_shared<Hold::State>()) {}

HeldDynos::Hold HeldDynos::hold(const std::string& id) const { return Hold(state_, id); }

bool HeldDynos::holds(const std::string& id) const { return state_->ids.contains(id); }

void HeldDynos::on_let_go(std::function<void()> callback) { state_->let_go = std::move(callback); }

}  // namespace davit::dynos
