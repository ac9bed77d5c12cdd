#include "router/protocol/table_change.hpp"

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "router/protocol/json_fields.hpp"
#include "router/protocol/table_json.hpp"

namespace davit::router {

using nlohmann::json;

namespace {

// A change finds an app by its id; a whole table of an older davitd needs none.
Result<AppRoute> read_changed_app(const json& object, std::string path) {
  auto app = read_app(object, path);
  if (app && app->id.empty()) return fail(Errc::corrupt, "field '{}.id' is missing", path);
  return app;
}

}  // namespace

Result<TableChange> TableChange::from_json(const json& json_change) {
  JsonFields fields(json_change, "");
  TableChange change;
  fields.read("from", change.from);
  fields.read("to", change.to);
  fields.read("removed", change.removed);
  fields.read_each("changed", change.changed, read_changed_app);
  DAVIT_TRY(fields.result());
  return change;
}

json TableChange::to_json() const {
  json list = json::array();
  for (const AppRoute& app : changed) list.push_back(app_to_json(app));
  return json{{"from", from}, {"to", to}, {"changed", std::move(list)}, {"removed", removed}};
}

Result<RouteTable> apply_change(const RouteTable& base, TableChange change) {
  if (base.version != change.from) {
    return fail(Errc::conflict, "the change begins with version {} and the table is version {}",
                change.from, base.version);
  }
  std::unordered_map<std::string, AppRoute> changed;
  for (AppRoute& app : change.changed) {
    std::string id = app.id;
    changed.insert_or_assign(std::move(id), std::move(app));
  }
  const std::unordered_set<std::string> removed(change.removed.begin(), change.removed.end());
  RouteTable table;
  table.version = change.to;
  table.control_hosts = base.control_hosts;
  table.control = base.control;
  table.apps.reserve(base.apps.size() + changed.size());
  for (const AppRoute& app : base.apps) {
    if (removed.contains(app.id)) continue;
    if (auto entry = changed.extract(app.id)) {
      table.apps.push_back(std::move(entry.mapped()));
    } else {
      table.apps.push_back(app);
    }
  }
  for (auto& [id, app] : changed) table.apps.push_back(std::move(app));
  return table;
}

}  // namespace davit::router
