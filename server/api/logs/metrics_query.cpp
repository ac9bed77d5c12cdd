#include "server/api/logs/metrics_query.hpp"

#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/duration.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace davit::api {
namespace {

using metrics::limits::points_max;

constexpr std::int64_t fine = std::chrono::seconds(metrics::limits::fine_step).count();
constexpr std::int64_t coarse = std::chrono::seconds(metrics::limits::coarse_step).count();
constexpr std::int64_t kept = std::chrono::seconds(metrics::limits::coarse_kept).count();
constexpr std::int64_t hour = 3600;
constexpr std::int64_t usual_points = 60;

using Parameters = std::map<std::string, std::string, std::less<>>;

Result<Parameters> split(const std::string& query) {
  Parameters parameters;
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    const auto value = percent_decode(part.substr(std::min(equals + 1, part.size())));
    if (!value) return value.error();
    const std::string name(part.substr(0, equals));
    constexpr std::array known{"since", "from", "to", "step", "type", "dyno"};
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return fail(Errc::invalid_argument,
                  "'{}' is no parameter of metrics; there are since, from, to, step, type and dyno",
                  printable(name, 40));
    }
    parameters[name] = *value;
  }
  return parameters;
}

Result<std::optional<std::int64_t>> duration(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::optional<std::int64_t>();
  const auto time =
      parse_duration(found->second, {std::chrono::seconds(fine), metrics::limits::coarse_kept});
  if (!time) return fail(Errc::invalid_argument, "{}: {}", name, time.error().message);
  return std::optional(std::chrono::duration_cast<std::chrono::seconds>(*time).count());
}

Result<std::optional<std::int64_t>> moment(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::optional<std::int64_t>();
  std::int64_t seconds = 0;
  const std::string& text = found->second;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // Far from what sums overflow at.
  if (ec != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 1ll << 40) {
    return fail(Errc::invalid_argument, "{}: '{}' is no time in seconds since 1970", name,
                printable(text, 40));
  }
  return std::optional(seconds);
}

// A step that people can read off a chart.
std::int64_t usual_step(std::int64_t length) {
  for (const std::int64_t step : {10, 30, 60, 300, 600, 1800, 3600}) {
    if (length / step <= usual_points) return step;
  }
  return 3 * hour;
}

Result<std::string> wanted_dyno(const Parameters& parameters) {
  std::string dyno;
  if (const auto type = parameters.find("type"); type != parameters.end()) {
    if (!ProcessType::parse(type->second)) {
      return fail(Errc::invalid_argument, "type: '{}' is no process type",
                  printable(type->second, 40));
    }
    dyno = type->second;
  }
  if (const auto name = parameters.find("dyno"); name != parameters.end()) {
    if (!DynoName::parse(name->second)) {
      return fail(Errc::invalid_argument, "dyno: '{}' is no dyno such as web.1",
                  printable(name->second, 40));
    }
    dyno = name->second;
  }
  return dyno;
}

}  // namespace

Result<MetricsQuery> parse_metrics_query(const std::string& query, WallTime now) {
  const auto parameters = split(query);
  if (!parameters) return parameters.error();
  const auto since = duration(*parameters, "since");
  if (!since) return since.error();
  const auto from = moment(*parameters, "from");
  if (!from) return from.error();
  const auto to = moment(*parameters, "to");
  if (!to) return to.error();
  const auto step = duration(*parameters, "step");
  if (!step) return step.error();
  auto dyno = wanted_dyno(*parameters);
  if (!dyno) return std::move(dyno).error();

  const std::int64_t present =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  MetricsQuery out;
  out.dyno = std::move(*dyno);
  out.range.to = std::min((*to).value_or(present), present);
  out.range.from = (*from).value_or(out.range.to - (*since).value_or(hour));
  const std::int64_t length = out.range.to - out.range.from;
  if (length <= 0) return fail(Errc::invalid_argument, "from: must lie before to, and in the past");
  if (length > kept + hour) {
    return fail(Errc::invalid_argument, "from: metrics are kept for {} days", kept / (24 * hour));
  }
  const std::int64_t wanted = (*step).value_or(usual_step(length));
  const std::int64_t unit = wanted < coarse ? fine : coarse;
  out.range.step = wanted / unit * unit;
  // Whole steps: the first that begins before `from`, the last that begins before `to`.
  out.range.from = out.range.from / out.range.step * out.range.step;
  out.range.to = (out.range.to + out.range.step - 1) / out.range.step * out.range.step;
  const auto points = static_cast<std::size_t>((out.range.to - out.range.from) / out.range.step);
  if (points > points_max) {
    return fail(Errc::invalid_argument, "step: {} points are more than {}; ask for longer steps",
                points, points_max);
  }
  return out;
}

}  // namespace davit::api
