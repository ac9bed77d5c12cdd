#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace davit::supervisor {

struct HttpCheck {
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::seconds interval{5};
  int attempts = 3;  // in a row that must fail before the check has failed
  std::chrono::seconds timeout{5};
};

// What app.json asks to be checked of the app's web dynos.
//
//   "healthchecks": {
//     "web": {
//       "path": "/health", "headers": {"Accept": "text/plain"},
//       "interval": 5, "attempts": 3, "timeout": 5,
//       "start": true, "liveness": {"interval": 30}
//     }
//   }
//
// start (on unless false): from listening on; the dyno is up once it passed. liveness (off unless
// asked for): while it is up. Both take what they do not say themselves from the fields above. A
// check passes with any status from 200 to 399. Only `web` listens for HTTP.
struct HealthChecks {
  std::optional<HttpCheck> start;
  std::optional<HttpCheck> liveness;
  bool any() const { return start || liveness; }

  // The value of "healthchecks". invalid_argument naming the field: a misspelt one too, or a check
  // that its author relies on would never be made.
  static Result<HealthChecks> parse(std::string_view json);
};

}  // namespace davit::supervisor
