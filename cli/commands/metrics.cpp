#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/sparkline.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

struct MetricsOptions {
  std::string since = "1h";
  std::string type;
  std::string dyno;
  std::string step;
};

using Column = std::vector<std::optional<double>>;

Column column_at(const nlohmann::json& json, std::string_view path) {
  Column column;
  for (const auto& value : list_at(json, path)) {
    column.push_back(value.is_number() ? std::optional(value.get<double>()) : std::nullopt);
  }
  return column;
}

std::optional<double> last_of(const Column& column) {
  const auto found =
      std::find_if(column.rbegin(), column.rend(), [](const auto& v) { return v.has_value(); });
  return found == column.rend() ? std::nullopt : *found;
}

std::optional<double> most_of(const Column& column) {
  std::optional<double> most;
  for (const auto& value : column) {
    if (value && (!most || *value > *most)) most = value;
  }
  return most;
}

std::optional<double> mean_of(const Column& column) {
  double sum = 0;
  int count = 0;
  for (const auto& value : column) {
    sum += value.value_or(0);
    count += value ? 1 : 0;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

std::string percent_text(std::optional<double> value) {
  if (!value) return "-";
  const auto tenths = std::lround(*value * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
}

std::string bytes_text(std::optional<double> value) {
  return value ? human_bytes(static_cast<std::uint64_t>(*value)) : "-";
}

std::string number_text(std::optional<double> value) {
  return value ? std::to_string(std::llround(*value)) : "-";
}

std::string millis_at(const nlohmann::json& json, std::string_view path) {
  const std::string text = text_at(json, path);
  return text.empty() ? "-" : text + "ms";
}

// Pictures are for people at a terminal; a pipe gets the same table without them.
void print_dyno_metrics(Terminal& terminal, const nlohmann::json& dynos) {
  std::vector<std::string> titles{"Dyno", "CPU", "mean", "most",     "Memory",
                                  "most", "of",  "Swap", "Processes"};
  if (terminal.out_is_terminal()) titles.insert(titles.end(), {"CPU", "Memory"});
  Table table(std::move(titles));
  for (const auto& dyno : dynos) {
    const Column cpu = column_at(dyno, "cpu_percent"), memory = column_at(dyno, "memory_bytes");
    const auto quota = number_at(dyno, "quota_bytes");
    std::vector<std::string> cells{one_line(text_at(dyno, "name")),
                                   percent_text(last_of(cpu)),
                                   percent_text(mean_of(cpu)),
                                   percent_text(most_of(cpu)),
                                   bytes_text(last_of(memory)),
                                   bytes_text(most_of(memory)),
                                   quota > 0 ? human_bytes(static_cast<std::uint64_t>(quota)) : "-",
                                   bytes_text(last_of(column_at(dyno, "swap_bytes"))),
                                   number_text(last_of(column_at(dyno, "processes")))};
    if (terminal.out_is_terminal()) {
      cells.push_back(sparkline(cpu));
      cells.push_back(sparkline(memory));
    }
    table.row(std::move(cells));
  }
  table.print(terminal);
}

void print_requests(Terminal& terminal, const nlohmann::json& metrics) {
  std::vector<std::string> titles{"Requests", "5xx", "p50", "p95", "p99", "Waited", "p95 wait"};
  if (terminal.out_is_terminal()) titles.insert(titles.end(), {"Requests", "p95"});
  Table table(std::move(titles));
  std::vector<std::string> cells{
      text_at(metrics, "summary.requests"),          text_at(metrics, "summary.errors"),
      millis_at(metrics, "summary.response_ms.p50"), millis_at(metrics, "summary.response_ms.p95"),
      millis_at(metrics, "summary.response_ms.p99"), text_at(metrics, "summary.waited"),
      millis_at(metrics, "summary.queue_ms.p95")};
  if (terminal.out_is_terminal()) {
    cells.push_back(sparkline(column_at(metrics, "requests.total")));
    cells.push_back(sparkline(column_at(metrics, "response_ms.p95")));
  }
  table.row(std::move(cells));
  table.print(terminal);
}

Outcome show_metrics(Session& session, const MetricsOptions& query) {
  const auto at = session.the_app();
  if (!at) return at.error();
  std::string path = at->path + "/metrics?since=" + encode_segment(query.since);
  if (!query.type.empty()) path += "&type=" + encode_segment(query.type);
  if (!query.dyno.empty()) path += "&dyno=" + encode_segment(query.dyno);
  if (!query.step.empty()) path += "&step=" + encode_segment(query.step);
  const auto metrics = at->api.get(path);
  if (!metrics) return metrics.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*metrics));
    return 0;
  }
  terminal.header(at->name + ", the last " + one_line(query.since));
  const auto& dynos = list_at(*metrics, "dynos");
  if (dynos.empty()) {
    terminal.print("No dyno has told anything in this time; they do so every 10 seconds.");
  } else {
    print_dyno_metrics(terminal, dynos);
  }
  if (metrics->contains("requests")) {
    terminal.print("");
    print_requests(terminal, *metrics);
  }
  return 0;
}

}  // namespace

std::vector<Command> metrics_commands() {
  return {
      {.name = "metrics",
       .aliases = {},
       .topic = "logs",
       .usage = {},
       .summary = "show what an app's dynos take, and how fast it answers",
       .examples = {"metrics", "metrics --type web --since 24h", "metrics --dyno web.1 --json"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto query = std::make_shared<MetricsOptions>();
         arguments.option("--since", "TIME", query->since,
                          "how far back: 10m, 1h (default), 168h at most");
         arguments.option("-t,--type", "TYPE", query->type, "only dynos of this process type");
         arguments.option("-d,--dyno", "DYNO", query->dyno, "only this dyno");
         arguments.option("--step", "TIME", query->step, "one point for each 10s, 1m, 5m …");
         return [query](Session& session) { return show_metrics(session, *query); };
       }},
  };
}

}  // namespace davit::cli
