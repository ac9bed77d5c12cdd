#pragma once
#include "server/supervisor/plan.hpp"

namespace davit::supervisor {

// Plans one process type into a shared plan. Pure; lives for one call of make_plan(). What concerns
// canaries is in canary_planner.cpp.
class TypePlanner {
 public:
  TypePlanner(const Situation& situation, const Timeouts& timeouts, ProcessType type, Plan& plan);
  void run();

 private:
  bool is_web() const { return type_.str() == web_type; }
  bool wanted(const DynoName& name) const;
  bool up_and_staying(const Instance& instance) const;
  bool has_successor_up(const DynoName& name) const;
  std::uint32_t slots_without_dyno() const;
  std::uint32_t wanted_count() const;

  void sort_instances();
  void sort_one(const Instance& instance);
  void sort_canary(const Instance& instance, bool leaves);
  void keep_newest(std::map<DynoName, const Instance*>& slots, const Instance& instance);
  bool may_start_in(const DynoName& name);
  void start_missing();
  void start_trial();
  void start_canary();
  void give_up_late_boots();
  void cycle();
  void serve_and_retire_web();
  void serve_canary();
  void serve_old_canaries();
  void serve_promoted();
  void rest();
  void switch_at_once();
  void roll();
  bool may_leave(const Instance& instance, std::uint32_t& unavailable) const;
  void retire(const Instance& instance);
  void wake(SteadyTime at);

  const Situation& situation_;
  const Timeouts& timeouts_;
  ProcessType type_;
  Plan& plan_;
  TypeTarget target_;
  TypeTarget trial_target_;

  // Of this type: the newest instance of each wanted slot that is as desired; those of the trial;
  // all others.
  std::map<DynoName, const Instance*> current_;
  std::map<DynoName, const Instance*> trial_;
  std::vector<const Instance*> old_;  // by name
  // Under a canary's names: those that are as desired; those of it that a restart or another size
  // replaces; those of what was a canary and is the current release by now.
  std::map<DynoName, const Instance*> canary_;
  std::vector<const Instance*> old_canaries_;
  std::vector<const Instance*> promoted_;
  std::map<DynoName, std::uint32_t> held_;  // slot -> instances in it, of whatever kind
  std::uint32_t doubled_ = 0;               // instances beyond the first of a slot
  std::set<DynoName> dying_;                // slots that hold one that is gone in a moment
  bool starting_ = false;                   // something is on its way up
};

}  // namespace davit::supervisor
