#include <nlohmann/json.hpp>
#include <set>

#include "base/encoding.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/json_input.hpp"
#include "store/stores.hpp"

// GET /davit/runtimes, POST, DELETE: the store of languages that apps run with.
namespace davit::api {
namespace {

Task<std::set<runtimes::RuntimeName>> used_by_releases(Context& context) {
  auto load = [](store::Stores& stores) { return stores.releases.stored_runtimes(); };
  const auto names = co_await context.services.store.run(std::move(load));
  co_return std::set<runtimes::RuntimeName>(names.begin(), names.end());
}

nlohmann::json runtime_json(const runtimes::Stored& stored, bool used) {
  return {{"language", stored.language},
          {"version", stored.version.str()},
          {"bytes", stored.bytes},
          {"pinned", stored.pinned},
          {"in_use", used}};
}

Result<const runtimes::Language*> known_language(const std::string& name) {
  if (const auto* language = runtimes::find_language(name)) return language;
  return fail(Errc::invalid_argument,
              "language: Davit knows no runtime \"{}\"; write node, python, go, java, deno, bun, "
              "yarn or pnpm",
              printable(name, 40));
}

}  // namespace

Task<Result<Reply>> runtime_list(Context& context, Call&) {
  const auto used = co_await used_by_releases(context);
  const auto all = co_await context.services.runtimes.list();
  auto list = nlohmann::json::array();
  for (const auto& one : all) {
    list.push_back(runtime_json(one, used.contains({one.language, one.version.str()})));
  }
  co_return json_reply(200, list);
}

// {"language", "folder", "version"?}: a copy of a folder of the server; {"language", "range"}: a
// download.
Task<Result<Reply>> runtime_add(Context& context, Call& call) {
  const auto body = JsonObject::of(*call.body, "");
  const auto name = body->required_text("language");
  if (!name) co_return name.error();
  const auto language = known_language(*name);
  if (!language) co_return language.error();
  const auto folder = body->text("folder");
  if (!folder) co_return folder.error();
  const auto version = body->text("version");
  if (!version) co_return version.error();
  if (*folder) {
    std::string path = **folder;
    std::string named = version->value_or("");
    const auto added = co_await context.services.runtimes.copy_folder(**language, std::move(path),
                                                                      std::move(named));
    if (!added) co_return added.error();
    co_return json_reply(201, runtime_json(*added, false));
  }
  const auto range = body->required_text("range");
  if (!range) co_return range.error();
  std::string wanted = *range;
  const auto added = co_await context.services.runtimes.download(**language, std::move(wanted));
  if (!added) co_return added.error();
  co_return json_reply(201, runtime_json(*added, false));
}

Task<Result<Reply>> runtime_remove(Context& context, Call& call) {
  const auto language = known_language(call.param("language"));
  if (!language) co_return language.error();
  const auto version = runtimes::Version::parse(call.param("version"));
  if (!version) {
    co_return fail(Errc::invalid_argument, "\"{}\" is no version; write it like 22.11.0",
                   printable(call.param("version"), 40));
  }
  const auto used = co_await used_by_releases(context);
  if (used.contains({std::string((*language)->name), version->str()})) {
    co_return fail(Errc::conflict,
                   "{} {} is what releases run with, or would after a rollback. It can go when "
                   "those apps were pushed with another version.",
                   (*language)->title, version->str());
  }
  runtimes::Version gone = *version;
  const auto removed = co_await context.services.runtimes.remove(**language, std::move(gone));
  if (!removed) co_return removed.error();
  co_return json_reply(200, nlohmann::json::object());
}

}  // namespace davit::api
