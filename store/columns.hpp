#pragma once
#include <map>
#include <string>

#include "store/statement.hpp"

// Internal to store/: columns that hold more than one value.
namespace davit::store {

class Vault;

// Maps travel as JSON objects. invalid_argument naming the key when a text is not UTF-8.
Result<std::string> encode_map(const std::map<std::string, std::string>& map);
ProcessTypes get_processes(Statement& row);
std::map<std::string, std::string> get_text_map(Statement& row);  // empty text: an empty map

// Config vars are sealed together with the id of their release, so that a sealed value copied from
// another row is refused like an altered one.
Result<Blob> seal_config(const Vault& vault, const ReleaseId& release, const ConfigVars& config);
ConfigVars get_config(Statement& row, const Vault& vault, const ReleaseId& release);

}  // namespace davit::store
