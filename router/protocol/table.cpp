#include "router/protocol/table.hpp"

#include <nlohmann/json.hpp>

#include "router/protocol/json_fields.hpp"

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

Result<DynoRoute> read_dyno(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  DynoRoute dyno;
  fields.read("id", dyno.id);
  fields.read("name", dyno.name);
  fields.read("endpoint", dyno.endpoint.address);
  if (dyno.id.empty()) fields.refuse("id", "must not be empty");
  DAVIT_TRY(fields.result());
  return dyno;
}

Result<AppRoute> read_app(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  AppRoute app;
  fields.read("app", app.app);
  fields.read("hosts", app.hosts);
  read_state(fields, app.state);
  fields.read("maintenance", app.maintenance);
  if (object.contains("quiet_after_ms")) fields.read("quiet_after_ms", app.quiet_after_ms);
  if (object.contains("https_redirect")) fields.read("https_redirect", app.https_redirect);
  if (object.contains("hsts_seconds")) fields.read("hsts_seconds", app.hsts_seconds);
  fields.each("dynos", [&app](const json& item, std::string item_path) -> Result<> {
    auto dyno = read_dyno(item, std::move(item_path));
    if (!dyno) return std::move(dyno).error();
    app.dynos.push_back(std::move(*dyno));
    return {};
  });
  DAVIT_TRY(fields.result());
  return app;
}

json dyno_to_json(const DynoRoute& dyno) {
  return json{{"id", dyno.id}, {"name", dyno.name}, {"endpoint", dyno.endpoint.address}};
}

json app_to_json(const AppRoute& app) {
  json dynos = json::array();
  for (const DynoRoute& dyno : app.dynos) dynos.push_back(dyno_to_json(dyno));
  return json{{"app", app.app},
              {"hosts", app.hosts},
              {"state", to_text(app.state)},
              {"maintenance", app.maintenance},
              {"quiet_after_ms", app.quiet_after_ms},
              {"https_redirect", app.https_redirect},
              {"hsts_seconds", app.hsts_seconds},
              {"dynos", std::move(dynos)}};
}

}  // namespace

Result<RouteTable> RouteTable::from_json(const json& json_table) {
  JsonFields fields(json_table, "");
  RouteTable table;
  fields.read("version", table.version);
  fields.read("control_hosts", table.control_hosts);
  fields.read("control", table.control.address);
  fields.each("apps", [&table](const json& item, std::string path) -> Result<> {
    auto app = read_app(item, std::move(path));
    if (!app) return std::move(app).error();
    table.apps.push_back(std::move(*app));
    return {};
  });
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
