#include <nlohmann/json.hpp>

#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"

// What this server has one of, and what it has none of yet: tools ask for all of it.
namespace davit::api {
namespace {

using nlohmann::json;

// The only member of a list of one, by id or name.
Reply only_one(const json& object, const std::string& wanted, const std::string& noun) {
  if (wanted == object["id"] || wanted == object["name"]) return json_reply(200, object);
  return failure_reply({404, "not_found", "Couldn't find that " + noun + ".", noun});
}

}  // namespace

Task<Result<Reply>> health(Context& context, Call&) {
  co_return json_reply(200, json{{"status", "ok"}, {"version", context.options.version}});
}

Task<Result<Reply>> region_list(Context&, Call&) {
  co_return json_reply(200, json::array({region_json()}));
}

Task<Result<Reply>> region_info(Context&, Call& call) {
  co_return only_one(region_json(), call.param("region"), "region");
}

Task<Result<Reply>> stack_list(Context&, Call&) {
  co_return json_reply(200, json::array({stack_json()}));
}

Task<Result<Reply>> stack_info(Context&, Call& call) {
  co_return only_one(stack_json(), call.param("stack"), "stack");
}

Task<Result<Reply>> dyno_size_list(Context& context, Call&) {
  auto list = json::array();
  for (const auto& size : context.services.sizes.all()) list.push_back(dyno_size_json(size));
  co_return json_reply(200, list);
}

// By name, id, or a vendor's name for a size of that class.
Task<Result<Reply>> dyno_size_info(Context& context, Call& call) {
  const std::string& wanted = call.param("size");
  for (const auto& size : context.services.sizes.all()) {
    const json object = dyno_size_json(size);
    if (object["id"] == wanted) co_return json_reply(200, object);
  }
  const auto named = context.services.sizes.find(wanted);
  if (!named) co_return failure_reply({404, "not_found", named.error().message, "dyno_size"});
  co_return json_reply(200, dyno_size_json(*named));
}

Task<Result<Reply>> domain_list(Context& context, Call& call) {
  co_return json_reply(200, json::array({domain_json(call.the_app(), context.options.urls)}));
}

Task<Result<Reply>> domain_info(Context& context, Call& call) {
  const json domain = domain_json(call.the_app(), context.options.urls);
  if (call.param("domain") == domain["hostname"] || call.param("domain") == domain["id"]) {
    co_return json_reply(200, domain);
  }
  co_return failure_reply({404, "not_found", "Couldn't find that domain.", "domain"});
}

Task<Result<Reply>> collaborator_list(Context& context, Call& call) {
  const auto owner = co_await context.services.authenticator.user(call.the_app().owner);
  if (!owner) co_return owner.error();
  const json one = collaborator_json(call.the_app(), {owner->id.str(), owner->email});
  co_return json_reply(200, json::array({one}));
}

Task<Result<Reply>> empty_list(Context&, Call&) { co_return json_reply(200, json::array()); }

// 404 is what tools expect of an app that is in no pipeline.
Task<Result<Reply>> no_pipeline_coupling(Context&, Call&) {
  co_return failure_reply(
      {404, "not_found", "Couldn't find that pipeline coupling.", "pipeline_coupling"});
}

Task<Result<Reply>> no_feature(Context&, Call&) {
  co_return failure_reply({404, "not_found", "Couldn't find that feature.", "feature"});
}

}  // namespace davit::api
