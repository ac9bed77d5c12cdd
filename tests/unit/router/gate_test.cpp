#include "router/gate.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <thread>

namespace davit::router {
namespace {

using namespace std::chrono_literals;

// What a thread does with the places that its requests are given.
struct Request final : Waiter {
  explicit Request(std::string n, std::vector<std::string>& o) : name(std::move(n)), order(o) {}
  void on_place() override { order.push_back(name); }
  void off_place() override { std::erase(order, name); }
  InFlight take() { return take_place(); }
  std::string name;
  std::vector<std::string>& order;
};

struct Gates : testing::Test {
  void open(int count, std::uint32_t concurrency) {
    dynos.clear();
    std::vector<DynoSet::Member> members;
    for (int i = 0; i < count; ++i) {
      dynos.push_back(std::make_shared<Target>());
      dynos.back()->gate = gate;
      members.push_back({dynos.back(), default_weight});
    }
    set = std::make_shared<const DynoSet>(std::move(members),
                                          DynoSet::Rules{Policy::least, concurrency});
    gate->open(set, now);
  }
  ~Gates() override { gate->close(); }
  std::optional<InFlight> enter() { return gate->enter(*set, {now, none, random}); }
  void join(Request& request, Gate::Rank rank = Gate::Rank::newcomer,
            const Target* only = nullptr) {
    gate->join(request, rank, only, now);
  }

  GatePtr gate = std::make_shared<Gate>();
  std::vector<TargetPtr> dynos;
  std::shared_ptr<const DynoSet> set;
  SteadyTime now{1h};
  Tried none;
  FastRandom random{7};
  std::vector<std::string> order;
};

TEST_F(Gates, APlaceThatIsLeftGoesToWhoWaitsLongest) {
  open(1, 1);
  auto running = enter();
  ASSERT_TRUE(running);
  EXPECT_FALSE(enter());
  Request first("first", order), second("second", order);
  join(first);
  join(second);
  EXPECT_TRUE(order.empty());
  running->release();
  EXPECT_EQ(order, std::vector<std::string>{"first"});
  EXPECT_EQ(dynos[0]->places(), 1u) << "it was never free for others";
  first.take().release();
  EXPECT_EQ(order, (std::vector<std::string>{"first", "second"}));
  second.take();
}

TEST_F(Gates, NobodyOvertakesTheQueue) {
  open(2, 1);
  auto one = enter(), other = enter();
  Request waiting("waiting", order);
  join(waiting, Gate::Rank::newcomer, dynos[0].get());
  // A place is free, but not for the one that waits: a newcomer goes behind it, and is served.
  (one->target() == dynos[1] ? one : other)->release();
  EXPECT_FALSE(enter());
  Request newcomer("newcomer", order);
  join(newcomer);
  EXPECT_EQ(order, std::vector<std::string>{"newcomer"});
  newcomer.take();
  gate->withdraw(waiting);
}

TEST_F(Gates, WhoHadAPlaceBeforeGoesToTheFront) {
  open(1, 1);
  auto running = enter();
  Request newcomer("newcomer", order), tried("tried", order);
  join(newcomer);
  join(tried, Gate::Rank::had_a_place);
  running->release();
  EXPECT_EQ(order, std::vector<std::string>{"tried"});
  tried.take().release();
  newcomer.take();
}

TEST_F(Gates, WhoGivesUpPassesItsPlaceOn) {
  open(1, 1);
  auto running = enter();
  Request first("first", order), second("second", order), third("third", order);
  for (Request* request : {&first, &second, &third}) join(*request);
  gate->withdraw(second);
  running->release();  // to the first, which is gone before it takes it
  gate->withdraw(first);
  EXPECT_EQ(order, std::vector<std::string>{"third"});
  third.take();
  EXPECT_EQ(gate->waiting(), 0u);
}

TEST_F(Gates, ATunnelGivesItsPlaceToTheNext) {
  open(1, 1);
  auto websocket = enter();
  Request waiting("waiting", order);
  join(waiting);
  websocket->become_tunnel();
  EXPECT_EQ(order, std::vector<std::string>{"waiting"});
  EXPECT_TRUE(dynos[0]->busy());
  waiting.take();
}

TEST_F(Gates, NewDynosServeTheQueueAndOldOnesDoNot) {
  open(1, 1);
  auto running = enter();
  Request first("first", order), second("second", order);
  join(first);
  join(second);
  const TargetPtr old = dynos[0];
  open(1, 1);
  EXPECT_EQ(order, std::vector<std::string>{"first"});
  running->release();  // of the old dyno: nobody gets that place
  EXPECT_EQ(order, std::vector<std::string>{"first"});
  InFlight place = first.take();
  EXPECT_EQ(place.target(), dynos[0]);
  place.release();
  second.take();
  EXPECT_EQ(old->places(), 0u);
}

TEST_F(Gates, ADynoThatComesOutOfQuarantineIsSeenAtTheNextLook) {
  open(1, 1);
  dynos[0]->quarantine_until(now + 5s);
  EXPECT_FALSE(enter());
  Request waiting("waiting", order);
  join(waiting);
  gate->serve(now + 4s);
  EXPECT_TRUE(order.empty());
  gate->serve(now + 5s);
  EXPECT_EQ(order, std::vector<std::string>{"waiting"});
  waiting.take();
}

TEST_F(Gates, WhoWaitsForOneDynoTakesAnyAfterAWhile) {
  open(2, 1);
  auto busy = enter();
  Request loyal("loyal", order);
  join(loyal, Gate::Rank::newcomer, busy->target().get());
  EXPECT_TRUE(order.empty());
  gate->take_any(loyal, now);
  EXPECT_EQ(order, std::vector<std::string>{"loyal"});
  EXPECT_NE(loyal.take().target(), busy->target());
}

TEST_F(Gates, AsManyAsTheLimitSaysAreHeld) {
  for (std::size_t i = 0; i < limits::parked_per_app_max; ++i) ASSERT_TRUE(gate->hold());
  EXPECT_FALSE(gate->hold());
  gate->let_go();
  EXPECT_TRUE(gate->hold());
}

// A thread's requests, which come and wait and give up; what others give it comes through a box.
struct Client {
  struct Queued final : Waiter {
    explicit Queued(Client& o) : owner(o) {}
    void on_place() override {
      const std::lock_guard lock(owner.mutex);
      owner.placed.push_back(this);
    }
    void off_place() override {
      const std::lock_guard lock(owner.mutex);
      std::erase(owner.placed, this);
    }
    InFlight take() { return take_place(); }
    Client& owner;
  };
  Queued* pop() {
    const std::lock_guard lock(mutex);
    if (placed.empty()) return nullptr;
    Queued* const first = placed.front();
    placed.pop_front();
    return first;
  }
  std::mutex mutex;
  std::deque<Queued*> placed;
};

// Seed 11. The limit holds at every moment, nobody is forgotten, and no place is lost.
TEST_F(Gates, ThreadsThatFightForPlacesLoseNone) {
  constexpr int threads = 4, rounds = 5'000;
  open(3, 2);
  std::atomic<int> served{0}, gave_up{0}, above_limit{0};
  const auto run = [&](std::uint64_t seed) {
    Client client;
    Tried tried;
    FastRandom own(seed);
    for (int i = 0; i < rounds; ++i) {
      auto place = gate->enter(*set, {now, tried, own});
      if (!place) {
        Client::Queued request(client);
        gate->join(request, Gate::Rank::newcomer, nullptr, now);
        const bool patient = own.below(4) != 0;
        Client::Queued* got = client.pop();
        while (patient && got == nullptr) {
          std::this_thread::yield();
          got = client.pop();
        }
        if (got == nullptr) {
          gate->withdraw(request);
          ++gave_up;
          continue;
        }
        place = got->take();
      }
      if (place->target()->places() > 2) ++above_limit;
      ++served;
      if (own.below(3) == 0) std::this_thread::yield();
    }
  };
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(run, 11 + static_cast<std::uint64_t>(i));
  for (auto& thread : all) thread.join();
  EXPECT_EQ(served + gave_up, threads * rounds);
  EXPECT_EQ(above_limit, 0);
  EXPECT_EQ(gate->waiting(), 0u);
  for (const TargetPtr& dyno : dynos) EXPECT_FALSE(dyno->busy());
}

}  // namespace
}  // namespace davit::router
