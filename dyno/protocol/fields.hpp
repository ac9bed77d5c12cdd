#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace davit::dyno {

// Reads members of one JSON object, strictly: a wrong type or a number out of range is an error
// that names the member. A missing member leaves the target as it was unless it is required. The
// first error sticks; ask at the end.
class Fields {
 public:
  Fields(const nlohmann::json& json, std::string_view subject);

  Fields& text(const char* name, std::string& target);
  Fields& flag(const char* name, bool& target);
  Fields& milliseconds(const char* name, std::chrono::milliseconds& target);
  Fields& strings(const char* name, std::vector<std::string>& target);
  Fields& string_map(const char* name, std::map<std::string, std::string>& target);
  Fields& required(const char* name);
  template <class Integer>
  Fields& number(const char* name, Integer& target) {
    std::uint64_t value = 0;
    if (read_number(name, std::numeric_limits<Integer>::max(), value)) {
      target = static_cast<Integer>(value);
    }
    return *this;
  }
  // The member itself, or null when it is absent.
  const nlohmann::json* member(const char* name) const;
  void refuse(const char* name, std::string_view why);

  const Result<>& result() const { return result_; }

 private:
  bool read_number(const char* name, std::uint64_t max, std::uint64_t& value);
  const nlohmann::json* typed(const char* name, nlohmann::json::value_t type, const char* wanted);

  const nlohmann::json& json_;
  std::string subject_;
  Result<> result_;
};

}  // namespace davit::dyno
