// The body of PATCH /config-vars: whatever bytes come, either an error or a change that keeps every
// promise.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/ensure.hpp"
#include "server/api/apps/config_change.hpp"
#include "server/api/shape/json_input.hpp"
#include "server/release/config_change.hpp"
#include "server/release/limits.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = davit::api;
  using davit::ensure;
  using davit::Errc;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto body = api::parse_json(text);
  if (!body) {
    ensure(body.error().code == Errc::corrupt, "text that is no JSON is corrupt");
    return 0;
  }
  const auto change = api::parse_config_change(*body);
  if (!change) {
    ensure(change.error().code == Errc::invalid_argument, "a refused change names its variable");
    return 0;
  }
  for (const auto& [key, value] : *change) {
    ensure(davit::ConfigKey::parse(key).has_value(), "every key is a variable's name");
    ensure(!value || value->find('\0') == std::string::npos, "no value holds a NUL");
  }
  const davit::store::ConfigVars before{{"EXISTING", "value"}};
  const auto changed = davit::release::apply_change(before, *change);
  ensure(!changed || changed->config.size() <= davit::release::limits::config_vars_max,
         "the whole stays within its limits");
  return 0;
}
