#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"

namespace davit::api {

Task<Result<Reply>> doctor(Context& context, Call&) {
  const Diagnosis found = co_await context.services.doctor.examine();
  auto checks = nlohmann::json::array();
  for (const Check& check : found.checks) {
    checks.push_back({{"check", check.name},
                      {"ok", check.ok},
                      {"detail", check.detail},
                      {"fix", check.ok ? std::string() : check.fix}});
  }
  nlohmann::json body = {{"level", found.level}, {"missing", found.missing}};
  body["checks"] = std::move(checks);
  co_return json_reply(200, body);
}

}  // namespace davit::api
