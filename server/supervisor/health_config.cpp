#include "server/supervisor/health_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

using Json = nlohmann::json;

constexpr const char* web = "web";

// A token of RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto fits = [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

bool printable_ascii(std::string_view text, char least) {
  return std::ranges::all_of(text, [&](char c) { return c >= least && c < 0x7f; });
}

// What would let a header end the request, or make it another one.
bool reserved_header(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "connection" || lower == "content-length" || lower == "transfer-encoding" ||
         lower == "upgrade" || lower == "expect";
}

// Reads one object's fields; errors begin with its path.
class Fields {
 public:
  Fields(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  Result<> only(std::initializer_list<std::string_view> known) const {
    if (!json_.is_object()) return wrong("", "must be an object");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      std::string list;
      for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
      return wrong(key, "is not known; there are " + list);
    }
    return {};
  }

  template <class Number>
  Result<> number(const char* key, Number& into, std::int64_t most) const {
    const auto found = json_.find(key);
    if (found == json_.end()) return {};
    const bool fits = found->is_number_integer() && found->get<std::int64_t>() >= 1 &&
                      found->get<std::int64_t>() <= most;
    if (!fits) return wrong(key, fmt::format("must be a whole number from 1 to {}", most));
    into = Number(found->get<std::int64_t>());
    return {};
  }

  Result<> path(std::string& into) const {
    const auto found = json_.find("path");
    if (found == json_.end()) return {};
    const bool fits =
        found->is_string() && found->get_ref<const std::string&>().starts_with('/') &&
        found->get_ref<const std::string&>().size() <= limits::health_path_bytes_max &&
        printable_ascii(found->get_ref<const std::string&>(), '!');
    if (!fits) return wrong("path", "must be a path such as /health, without spaces");
    into = found->get<std::string>();
    return {};
  }

  Result<> headers(std::vector<std::pair<std::string, std::string>>& into) const {
    const auto found = json_.find("headers");
    if (found == json_.end()) return {};
    if (!found->is_object()) return wrong("headers", "must be an object of names and values");
    if (found->size() > limits::health_headers_max) {
      return wrong("headers", fmt::format("are more than {}", limits::health_headers_max));
    }
    into.clear();
    for (const auto& [name, value] : found->items()) {
      if (!is_token(name)) return wrong("headers", "hold a name that is no HTTP token");
      if (reserved_header(name)) return wrong("headers." + name, "is set by the check itself");
      const bool fits =
          value.is_string() &&
          value.get_ref<const std::string&>().size() <= limits::health_header_bytes_max &&
          printable_ascii(value.get_ref<const std::string&>(), ' ');
      if (!fits) return wrong("headers." + name, "must be one line of plain text");
      into.emplace_back(name, value.get<std::string>());
    }
    return {};
  }

  Error wrong(const std::string& key, const std::string& what) const {
    return fail(Errc::invalid_argument, "app.json: {}{}{} {}", path_, key.empty() ? "" : ".",
                printable(key, 80), what);
  }

 private:
  const Json& json_;
  std::string path_;
};

Result<> read_check(const Fields& fields, HttpCheck& check) {
  DAVIT_TRY(fields.path(check.path));
  DAVIT_TRY(fields.headers(check.headers));
  DAVIT_TRY(fields.number("interval", check.interval, limits::health_interval_max.count()));
  DAVIT_TRY(fields.number("attempts", check.attempts, limits::health_attempts_max));
  return fields.number("timeout", check.timeout, limits::health_timeout_max.count());
}

// "start" and "liveness": true, false, or an object that says what differs.
Result<std::optional<HttpCheck>> read_kind(const Json& type, const char* kind, bool by_default,
                                           const HttpCheck& base) {
  const auto found = type.find(kind);
  const std::string path = fmt::format("healthchecks.{}.{}", web, kind);
  if (found == type.end() || found->is_boolean()) {
    const bool on = found == type.end() ? by_default : found->get<bool>();
    return on ? std::optional(base) : std::nullopt;
  }
  if (!found->is_object()) {
    return fail(Errc::invalid_argument, "app.json: {} must be true, false or an object", path);
  }
  const Fields fields(*found, path);
  DAVIT_TRY(fields.only({"path", "headers", "interval", "attempts", "timeout"}));
  HttpCheck check = base;
  DAVIT_TRY(read_check(fields, check));
  return std::optional(std::move(check));
}

Result<> check_duration(const HttpCheck& check) {
  const auto most = (check.interval + check.timeout) * check.attempts;
  if (most <= limits::start_check_max) return {};
  return fail(Errc::invalid_argument,
              "app.json: healthchecks.{}.start may take {} minutes with its interval, timeout and "
              "attempts; the limit is {}",
              web, std::chrono::ceil<std::chrono::minutes>(most).count(),
              std::chrono::minutes(limits::start_check_max).count());
}

}  // namespace

Result<HealthChecks> HealthChecks::parse(std::string_view json) {
  const Json types = Json::parse(json, nullptr, false);
  if (!types.is_object()) {
    return fail(Errc::invalid_argument, "app.json: healthchecks must be an object by process type");
  }
  HealthChecks checks;
  for (const auto& [type, value] : types.items()) {
    if (type != web) {
      return fail(Errc::invalid_argument,
                  "app.json: healthchecks.{}: only 'web' listens for HTTP; other types are up "
                  "while their command runs",
                  printable(type, 80));
    }
    const Fields fields(value, "healthchecks.web");
    DAVIT_TRY(
        fields.only({"path", "headers", "interval", "attempts", "timeout", "start", "liveness"}));
    HttpCheck base;
    DAVIT_TRY(read_check(fields, base));
    auto start = read_kind(value, "start", true, base);
    if (!start) return std::move(start).error();
    if (*start) DAVIT_TRY(check_duration(**start));
    auto liveness = read_kind(value, "liveness", false, base);
    if (!liveness) return std::move(liveness).error();
    checks.start = std::move(*start);
    checks.liveness = std::move(*liveness);
  }
  return checks;
}

}  // namespace davit::supervisor
