#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/build/procfile.hpp"

namespace davit::build {

// What a pack's bin/release prints.
struct ReleaseInfo {
  ProcessTypes default_process_types;
  std::map<std::string, std::string>
      config_vars;          // old packs only; become .profile.d/00_config_vars.sh
  bool has_addons = false;  // told and ignored
};

// Pure. Accepts every form seen: `--- {}`, a lone `---`, nothing, null or empty maps.
// invalid_argument for what is no YAML map of the known shape; the caller warns and goes on
// without. Unknown keys are ignored.
Result<ReleaseInfo> parse_release_yaml(std::string_view text);

// A script that sets each variable unless a config var does. Empty when there is none.
std::string config_vars_script(const std::map<std::string, std::string>& vars);

}  // namespace davit::build
