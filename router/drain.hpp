#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "router/route_table.hpp"

namespace davit::router {
namespace asio = boost::asio;

// Dynos that left the route table, until their last request has ended. Main thread only, but for
// on_drained().
class DrainTracker final : public DrainListener {
 public:
  using Handler = std::function<void(const std::string& dyno)>;
  DrainTracker(asio::io_context& main, Handler on_drained)
      : main_(main), handler_(std::move(on_drained)) {}
  ~DrainTracker();  // no request is in flight any more

  // From now on they are leaving.
  void leave(const std::vector<Routes::Left>& left);
  // No thread can begin a request on these any more. Calls the handler for those that have nothing
  // in flight, now, and for the others when that is so.
  void retire(const std::vector<Routes::Left>& left);
  std::vector<std::string> draining() const;

  void on_drained(const Target& target) override;  // any thread

 private:
  void look(const Target* target);

  asio::io_context& main_;
  Handler handler_;
  std::unordered_map<const Target*, Routes::Left> draining_;
};

}  // namespace davit::router
