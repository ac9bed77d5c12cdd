#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "router/protocol/table.hpp"

namespace davit::router {

// What leads from one version of a route table to another: the apps that are new or different, and
// those that are gone. Control hosts do not change in between: that takes a whole table.
struct TableChange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::vector<AppRoute> changed;     // each with its id
  std::vector<std::string> removed;  // AppIds

  static Result<TableChange> from_json(const nlohmann::json& json);  // errors name the field
  nlohmann::json to_json() const;
};

// Errors: conflict (`base` is of another version than the change begins with; ask for a whole
// table).
Result<RouteTable> apply_change(const RouteTable& base, TableChange change);

}  // namespace davit::router
