#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "router/access_log.hpp"
#include "router/protocol/metrics.hpp"

namespace davit::router {

// What was served, by app and dyno, until somebody takes it. Counts every request, also one whose
// log line is lost. Bounded by the apps of the table and limits::metered_dynos_per_app.
class TrafficMeter {
 public:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using ByApp = std::unordered_map<std::string, std::vector<Traffic>, Hash, std::equal_to<>>;

  enum class Time : std::uint8_t { of_answer, none };  // how long people stay is no response time
  // One request (or tunnel) has ended. record.app is not empty.
  void count(const LogRecord& record, Time time);
  // A tunnel has moved so much; its end does not say it again.
  struct Bytes {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
  };
  void moved(const LogRecord& record, Bytes bytes);

  bool empty() const { return by_app_.empty(); }
  ByApp take() { return std::exchange(by_app_, {}); }
  void merge(const ByApp& other);
  const ByApp& by_app() const { return by_app_; }

 private:
  Traffic& entry_of(std::string_view app, std::string_view dyno);
  ByApp by_app_;
};

}  // namespace davit::router
