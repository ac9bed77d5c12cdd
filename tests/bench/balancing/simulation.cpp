#include "tests/bench/balancing/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <queue>
#include <random>
#include <vector>

#include "router/gate.hpp"

namespace davit::bench {
namespace {

using router::default_weight;
using router::DynoSet;
using router::FastRandom;
using router::Gate;
using router::GatePtr;
using router::InFlight;
using router::Target;
using router::Tried;
using router::Waiter;
using router::Wish;

constexpr double fast_ms = 5;
constexpr double slow_ms = 500;
constexpr double slow_share = 0.05;

SteadyTime at(double ms) {
  return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(
      std::chrono::duration<double, std::milli>(ms) + std::chrono::hours(1)));
}

class Simulation;

struct Request final : Waiter {
  Request(Simulation& of, double arrived, double takes)
      : simulation(of), arrived_at(arrived), work(takes) {}
  void on_place() override;
  void off_place() override {}
  void take() { place = take_place(); }
  Simulation& simulation;
  double arrived_at;
  double work;
  InFlight place;
};

// One request at a time, first come first served.
struct Dyno {
  std::deque<std::unique_ptr<Request>> backlog;
  bool busy = false;
};

struct Event {
  double time;
  std::size_t dyno;
  friend bool operator<(const Event& a, const Event& b) { return a.time > b.time; }
};

class Simulation {
 public:
  explicit Simulation(const Scenario& scenario)
      : scenario_(scenario),
        lots_(scenario.seed),
        dynos_(static_cast<std::size_t>(scenario.dynos)) {
    for (int i = 0; i < scenario.threads; ++i) {
      randoms_.emplace_back(scenario.seed * 1000 + static_cast<std::uint64_t>(i));
      if (i == 0 || !scenario.shared) add_view();
    }
  }
  ~Simulation() {
    for (View& view : views_) view.gate->close();
  }

  Outcome run() {
    const double mean = slow_share * slow_ms + (1 - slow_share) * fast_ms;
    const double rate = scenario_.busy * scenario_.dynos / mean;
    std::exponential_distribution<double> gap(rate);
    double next_arrival = gap(lots_);
    while (static_cast<int>(times_.size()) < scenario_.requests) {
      if (events_.empty() || next_arrival <= events_.top().time) {
        now_ = next_arrival;
        next_arrival += gap(lots_);
        arrive();
      } else {
        const Event event = events_.top();
        events_.pop();
        now_ = event.time;
        finish(event.dyno);
      }
      start_placed();
    }
    return outcome();
  }

  void placed(Request& request) { placed_.push_back(&request); }

 private:
  // The dynos as the router's threads count them; one view, or one for each that counts alone.
  struct View {
    GatePtr gate;
    std::shared_ptr<const DynoSet> set;
  };

  void add_view() {
    View view{std::make_shared<Gate>(), nullptr};
    std::vector<DynoSet::Member> members;
    for (int i = 0; i < scenario_.dynos; ++i) {
      auto target = std::make_shared<Target>();
      target->id = std::to_string(i);
      target->gate = view.gate;
      members.push_back({std::move(target), default_weight});
    }
    view.set = std::make_shared<const DynoSet>(
        std::move(members), DynoSet::Rules{scenario_.policy, scenario_.concurrency});
    view.gate->open(view.set, at(0));
    views_.push_back(std::move(view));
  }

  void arrive() {
    std::uniform_real_distribution<double> share;
    const double work = share(lots_) < slow_share ? slow_ms : fast_ms;
    const auto thread = static_cast<std::size_t>(lots_() % randoms_.size());
    View& view = views_[scenario_.shared ? 0 : thread];
    auto request = std::make_unique<Request>(*this, now_, work);
    const Tried none;
    const Wish wish{at(now_), none, randoms_[thread]};
    if (auto place = view.gate->enter(*view.set, wish)) {
      request->place = std::move(*place);
      return begin(std::move(request));
    }
    Request& waiting = *request;
    waiting_.push_back(std::move(request));
    view.gate->join(waiting, Gate::Rank::newcomer, nullptr, at(now_));
  }

  void begin(std::unique_ptr<Request> request) {
    const auto index = static_cast<std::size_t>(std::stoul(request->place.target()->id));
    Dyno& dyno = dynos_[index];
    if (!dyno.busy) work_on(index, request->work);
    dyno.backlog.push_back(std::move(request));
  }

  void work_on(std::size_t index, double work) {
    dynos_[index].busy = true;
    events_.push({now_ + work, index});
  }

  void finish(std::size_t index) {
    Dyno& dyno = dynos_[index];
    const auto done = std::move(dyno.backlog.front());
    dyno.backlog.pop_front();
    dyno.busy = false;
    times_.push_back(now_ - done->arrived_at);
    if (done->work == fast_ms) fast_times_.push_back(times_.back());
    if (!dyno.backlog.empty()) work_on(index, dyno.backlog.front()->work);
    done->place.release();
  }

  void start_placed() {
    while (!placed_.empty()) {
      Request* const request = placed_.front();
      placed_.pop_front();
      const auto found =
          std::ranges::find(waiting_, request, [](const auto& each) { return each.get(); });
      auto owned = std::move(*found);
      waiting_.erase(found);
      owned->take();
      begin(std::move(owned));
    }
  }

  Outcome outcome() {
    // Without the first: the dynos had nothing to do then.
    for (std::vector<double>* times : {&times_, &fast_times_}) {
      times->erase(times->begin(),
                   times->begin() + static_cast<std::ptrdiff_t>(times->size() / 20));
      std::ranges::sort(*times);
    }
    const auto percentile = [](const std::vector<double>& times, double share) {
      return times[static_cast<std::size_t>(static_cast<double>(times.size() - 1) * share)];
    };
    return {percentile(times_, 0.5), percentile(times_, 0.99), percentile(times_, 0.999),
            percentile(fast_times_, 0.99)};
  }

  const Scenario scenario_;
  std::mt19937_64 lots_;
  std::vector<FastRandom> randoms_;
  std::vector<View> views_;
  std::deque<Request*> placed_;
  double now_ = 0;
  std::priority_queue<Event> events_;
  std::vector<double> times_;
  std::vector<double> fast_times_;
  std::deque<std::unique_ptr<Request>> waiting_;
  std::vector<Dyno> dynos_;
};

void Request::on_place() { simulation.placed(*this); }

}  // namespace

Outcome simulate(const Scenario& scenario) { return Simulation(scenario).run(); }

}  // namespace davit::bench
