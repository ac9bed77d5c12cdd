#include "router/protocol/table.hpp"

#include <nlohmann/json.hpp>

#include "base/ensure.hpp"
#include "router/protocol/json_fields.hpp"
#include "router/protocol/table_json.hpp"

namespace davit::router {
namespace {

using nlohmann::json;

std::string_view to_text(AppState state) {
  switch (state) {
    case AppState::serving: return "serving";
    case AppState::starting: return "starting";
    case AppState::crashed: return "crashed";
    case AppState::asleep: return "asleep";
  }
  return "serving";
}

void read_state(JsonFields& fields, AppState& state) {
  std::string text;
  fields.read("state", text);
  for (const AppState known :
       {AppState::serving, AppState::starting, AppState::crashed, AppState::asleep}) {
    if (text == to_text(known)) {
      state = known;
      return;
    }
  }
  fields.refuse("state", "must be serving, starting, crashed or asleep");
}

void read_policy(JsonFields& fields, Policy& policy) {
  std::string text;
  fields.read("policy", text);
  if (const auto known = parse_policy(text)) {
    policy = *known;
  } else {
    fields.refuse("policy", "must be least, round-robin or random");
  }
}

Result<DynoRoute> read_dyno(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  DynoRoute dyno;
  fields.read("id", dyno.id);
  fields.read("name", dyno.name);
  fields.read("endpoint", dyno.endpoint.address);
  fields.read_known("weight", dyno.weight);
  if (dyno.weight == 0 || dyno.weight > weight_max) fields.refuse("weight", "is out of range");
  if (dyno.id.empty()) fields.refuse("id", "must not be empty");
  DAVIT_TRY(fields.result());
  return dyno;
}

json dyno_to_json(const DynoRoute& dyno) {
  json object{{"id", dyno.id}, {"name", dyno.name}, {"endpoint", dyno.endpoint.address}};
  if (dyno.weight != default_weight) object["weight"] = dyno.weight;
  return object;
}

}  // namespace

Result<AppRoute> read_app(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  AppRoute app;
  fields.read("app", app.app);
  fields.read("hosts", app.hosts);
  read_state(fields, app.state);
  fields.read("maintenance", app.maintenance);
  fields.read_known("quiet_after_ms", app.quiet_after_ms);
  fields.read_known("https_redirect", app.https_redirect);
  fields.read_known("hsts_seconds", app.hsts_seconds);
  fields.read_known("paused_until_ms", app.paused_until_ms);
  fields.read_known("error_page", app.error_page);
  fields.read_known("maintenance_page", app.maintenance_page);
  fields.read_known("json_log", app.json_log);
  fields.read_known("id", app.id);
  if (object.contains("policy")) read_policy(fields, app.policy);
  fields.read_known("concurrency", app.concurrency);
  fields.read_known("affinity_key", app.affinity_key);
  fields.read_each("dynos", app.dynos, read_dyno);
  DAVIT_TRY(fields.result());
  return app;
}

json app_to_json(const AppRoute& app) {
  json dynos = json::array();
  for (const DynoRoute& dyno : app.dynos) dynos.push_back(dyno_to_json(dyno));
  json object{{"app", app.app},
              {"hosts", app.hosts},
              {"state", to_text(app.state)},
              {"maintenance", app.maintenance},
              {"quiet_after_ms", app.quiet_after_ms},
              {"https_redirect", app.https_redirect},
              {"hsts_seconds", app.hsts_seconds},
              {"dynos", std::move(dynos)}};
  // What most apps leave as it is stays out: ten thousand of them are one message.
  if (!app.id.empty()) object["id"] = app.id;
  if (app.json_log) object["json_log"] = true;
  if (app.paused_until_ms != 0) object["paused_until_ms"] = app.paused_until_ms;
  if (!app.error_page.empty()) object["error_page"] = app.error_page;
  if (!app.maintenance_page.empty()) object["maintenance_page"] = app.maintenance_page;
  if (app.policy != Policy::least) object["policy"] = to_text(app.policy);
  if (app.concurrency != 0) object["concurrency"] = app.concurrency;
  if (!app.affinity_key.empty()) object["affinity_key"] = app.affinity_key;
  return object;
}

std::string_view to_text(Policy policy) {
  switch (policy) {
    case Policy::least: return "least";
    case Policy::round_robin: return "round-robin";
    case Policy::random: return "random";
  }
  return "least";
}

std::optional<Policy> parse_policy(std::string_view text) {
  for (const Policy known : {Policy::least, Policy::round_robin, Policy::random}) {
    if (text == to_text(known)) return known;
  }
  return std::nullopt;
}

TableText::TableText(const RouteTable& without_apps) {
  text_ = without_apps.to_json().dump();
  // "apps" is the first member of the object, and empty: the others are after it.
  constexpr std::string_view head = R"({"apps":[)";
  ensure(text_.starts_with(head), "a table begins with its apps");
  rest_ = text_.substr(head.size());
  text_.resize(head.size());
}

void TableText::add(const AppRoute& app) {
  if (!std::exchange(first_, false)) text_ += ',';
  text_ += app_to_json(app).dump();
}

std::string TableText::finish() { return std::move(text_) + rest_; }

Result<RouteTable> RouteTable::from_json(const json& json_table) {
  JsonFields fields(json_table, "");
  RouteTable table;
  fields.read("version", table.version);
  fields.read("control_hosts", table.control_hosts);
  fields.read("control", table.control.address);
  fields.read_each("apps", table.apps, read_app);
  DAVIT_TRY(fields.result());
  return table;
}

json RouteTable::to_json() const {
  json list = json::array();
  for (const AppRoute& app : apps) list.push_back(app_to_json(app));
  return json{{"version", version},
              {"control_hosts", control_hosts},
              {"control", control.address},
              {"apps", std::move(list)}};
}

}  // namespace davit::router
