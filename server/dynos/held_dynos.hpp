#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace davit::dynos {

// The dynos, build steps and one-offs that somebody in davitd is at: from the beginning of a launch
// or an adoption until the DynoProcess is let go. Whatever else is found on the host under our
// folders is a leftover. io thread only; a Hold may outlive this.
class HeldDynos {
 public:
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&&) = default;
    Hold& operator=(Hold&& other) noexcept;
    ~Hold();

   private:
    friend class HeldDynos;
    struct State;
    Hold(std::shared_ptr<State> state, const std::string& id);
    std::shared_ptr<State> state_;  // nullptr: holds nothing
    std::string id_;
  };

  HeldDynos();
  Hold hold(const std::string& id) const;
  bool holds(const std::string& id) const;
  // Called after each Hold that goes; at most one callback.
  void on_let_go(std::function<void()> callback);

 private:
  std::shared_ptr<Hold::State> state_;
};

}  // namespace davit::dynos
