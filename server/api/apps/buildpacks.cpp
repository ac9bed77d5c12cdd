#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/api/apps/pack_input.hpp"
#include "server/api/handlers.hpp"
#include "server/fetch/address.hpp"

namespace davit::api {
namespace {

// A name is shown by the vendor's tools when the URL is its urn. What opens a private repository is
// shown to nobody, not even to who wrote it.
nlohmann::json installation_json(const std::string& whole, std::size_t ordinal) {
  const std::string text = fetch::shown_url(whole);
  const bool address = text.find("://") != text.npos || text.starts_with('/');
  return {{"ordinal", ordinal},
          {"buildpack", {{"url", address ? text : "urn:buildpack:" + text}, {"name", text}}}};
}

nlohmann::json installations_json(const std::vector<std::string>& list) {
  auto json = nlohmann::json::array();
  for (std::size_t i = 0; i < list.size(); ++i) json.push_back(installation_json(list[i], i));
  return json;
}

// Tools read the list, change it and send all of it back: what they were shown stands for what is
// set, each for one.
void fill_in_secrets(std::vector<std::string>& wanted, std::vector<std::string> set) {
  for (std::string& text : wanted) {
    const auto meant = std::ranges::find_if(
        set, [&](const std::string& one) { return fetch::shown_url(one) == text; });
    if (meant == set.end()) continue;
    text = *meant;
    set.erase(meant);
  }
}

}  // namespace

Task<Result<Reply>> buildpack_list(Context& context, Call& call) {
  auto job = [app = call.the_app().id](store::Stores& stores) {
    return stores.buildpacks.list(app);
  };
  const auto list = co_await context.services.store.run(std::move(job));
  co_return json_reply(200, installations_json(list));
}

Task<Result<Reply>> buildpack_update(Context& context, Call& call) {
  auto wanted =
      read_packs(*call.body, {"updates", {"buildpack"}}, context.services.sources.rules());
  if (!wanted) co_return std::move(wanted).error();
  auto job = [app = call.the_app().id,
              list = *wanted](store::Stores& stores) mutable -> Result<std::vector<std::string>> {
    fill_in_secrets(list, stores.buildpacks.list(app));
    DAVIT_TRY(stores.buildpacks.set(app, list));
    return list;
  };
  const auto set = co_await context.services.store.run(std::move(job));
  if (!set) co_return set.error();
  std::string names;
  for (const std::string& text : *set) {
    names += (names.empty() ? "" : ", ") + fetch::shown_url(text);
  }
  std::string line = fmt::format("Set buildpacks to {} by user {}",
                                 names.empty() ? "what is detected" : names, call.who().email);
  co_await log_action(context, call.the_app().id, std::move(line));
  co_return json_reply(200, installations_json(*set));
}

}  // namespace davit::api
