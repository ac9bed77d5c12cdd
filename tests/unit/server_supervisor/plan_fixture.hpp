#pragma once
#include <gmock/gmock.h>

#include <algorithm>

#include "server/supervisor/plan.hpp"
#include "tests/support/fakes.hpp"

namespace davit::supervisor {

// A little world: a desired release and instances, named by letters.
class PlanTest : public testing::Test {
 protected:
  PlanTest() { desire("web", 1); }

  void desire(const char* type, std::uint32_t quantity) {
    now_.desired.release = v1_;
    const bool web = std::string(type) == "web";
    now_.desired.types[process_type(type)] = {quantity, "standard", quantity, web ? 0 : quantity};
  }
  TypeTarget& target(const char* type) { return now_.desired.types.at(process_type(type)); }
  static ProcessType process_type(const char* type) { return ProcessType::parse(type).value(); }
  void release_v2() { now_.desired.release = v2_; }

  DynoId add(const char* name, ReleaseId release, Phase phase) {
    Instance instance;
    instance.id = DynoId::make(random_);
    instance.name = DynoName::parse(name).value();
    instance.release = release;
    instance.size = "standard";
    instance.phase = phase;
    instance.served = phase == Phase::up && instance.name.type.str() == "web";
    instance.created_at = clock_.wall();
    instance.started = clock_.steady();
    clock_.advance(std::chrono::seconds(1));
    now_.instances.push_back(instance);
    return instance.id;
  }
  Instance& get(const DynoId& id) { return *std::ranges::find(now_.instances, id, &Instance::id); }
  void remove(const DynoId& id) {
    std::erase_if(now_.instances, [&](const Instance& instance) { return instance.id == id; });
  }
  // The router knows what it was told to serve.
  Plan plan() {
    now_.now = clock_.steady();
    Plan p = make_plan(now_, Timeouts{});
    for (const auto& id : p.serve) get(id).served = true;
    return p;
  }
  static DynoName dyno(const char* name) { return DynoName::parse(name).value(); }

  test::SeededRandom random_{7};
  test::FakeClock clock_;
  ReleaseId v1_ = ReleaseId::make(random_);
  ReleaseId v2_ = ReleaseId::make(random_);
  Situation now_;
};

}  // namespace davit::supervisor
