#pragma once
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "router/route_table.hpp"

namespace davit::router {

// Dynos that left the route table, until their last request has ended. io thread only.
class DrainTracker final : public DrainListener {
 public:
  using Handler = std::function<void(const std::string& dyno)>;
  explicit DrainTracker(Handler on_drained) : handler_(std::move(on_drained)) {}
  ~DrainTracker();

  // Dynos of `before` that `after` does not have. Those without a request are drained at once.
  std::vector<TargetPtr> retire(const Routes& before, const Routes& after);
  // Calls the handler for those of `retired` that have nothing in flight.
  void report_idle(const std::vector<TargetPtr>& retired);
  std::vector<std::string> draining() const;

  void on_drained(const Target& target) override;

 private:
  Handler handler_;
  std::unordered_map<const Target*, TargetPtr> draining_;
};

}  // namespace davit::router
