// How requests are shared among an app's web dynos.
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

void print_routing(Session& session, const nlohmann::json& routing) {
  if (session.json()) return session.terminal().print(pretty(routing));
  const std::string limit = text_at(routing, "limit");
  print_fields(session.terminal(),
               {{"Limit", limit.empty() ? "the default: 200 requests at one time on each dyno"
                                        : one_line(limit) + " requests at one time on each dyno"},
                {"Policy", one_line(text_at(routing, "policy"))},
                {"Affinity", true_at(routing, "affinity") ? "on" : "off"}});
}

Outcome show_routing(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto routing = at->api.get(at->path + "/routing");
  if (!routing) return routing.error();
  print_routing(session, *routing);
  return 0;
}

Error unknown_word(const std::string& word) {
  return fail(Errc::invalid_argument,
              "{} is no routing setting; there are limit=N (or limit=default), "
              "policy=least|round-robin|random and affinity=on|off",
              one_line(word));
}

Result<> add_setting(const std::string& word, nlohmann::json& update) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) return unknown_word(word);
  const std::string key = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  if (key == "policy") {
    update["policy"] = value;
  } else if (key == "affinity" && (value == "on" || value == "off")) {
    update["affinity"] = value == "on";
  } else if (key == "limit" && value == "default") {
    update["limit"] = nullptr;
  } else if (key == "limit") {
    int limit = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (error != std::errc() || end != value.data() + value.size()) return unknown_word(word);
    update["limit"] = limit;
  } else {
    return unknown_word(word);
  }
  return {};
}

Outcome set_routing(Session& session, const std::vector<std::string>& words) {
  nlohmann::json update = nlohmann::json::object();
  for (const std::string& word : words) DAVIT_TRY(add_setting(word, update));
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(),
                    "Setting the routing of " + session.terminal().app(at->name));
  const auto routing = at->api.patch(at->path + "/routing", update);
  if (!routing) return routing.error();
  progress.done();
  print_routing(session, *routing);
  return 0;
}

}  // namespace

std::vector<Command> routing_commands() {
  return {{.name = "routing",
           .aliases = {},
           .topic = "routing",
           .usage = {},
           .summary = "tell how requests are shared among web dynos",
           .examples = {"routing"},
           .output = Output::text_or_json,
           .declare = [](Arguments&) -> Run { return show_routing; }},
          {.name = "routing:set",
           .aliases = {},
           .topic = "routing",
           .usage = "[limit=N] [policy=POLICY] [affinity=on|off]",
           .summary = "change how requests are shared among web dynos",
           .examples = {"routing:set limit=20", "routing:set policy=round-robin affinity=on",
                        "routing:set limit=default"},
           .output = Output::text_or_json,
           .declare = [](Arguments& arguments) -> Run {
             auto words = std::make_shared<std::vector<std::string>>();
             arguments.arguments("setting", *words,
                                 "limit: requests at one time on each dyno, the others wait; "
                                 "policy: least, round-robin or random; affinity: a browser stays "
                                 "with its dyno",
                                 Need::required);
             return [words](Session& session) { return set_routing(session, *words); };
           }}};
}

}  // namespace davit::cli
