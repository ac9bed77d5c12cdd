#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace davit::test {

// What is wrong with a value by a reduced schema (types, enum, pattern, format, properties, items).
// Empty: nothing.
std::vector<std::string> schema_faults(const nlohmann::json& schema, const nlohmann::json& value,
                                       const std::string& path);

}  // namespace davit::test
