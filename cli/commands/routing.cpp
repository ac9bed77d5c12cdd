// How requests come to an app's web dynos, and by which of HTTP and HTTPS.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr Unit units[] = {
    {'y', 365 * 24 * 3600}, {'d', 24 * 3600}, {'h', 3600}, {'m', 60}, {'s', 1}};

// "1y", "30d"; of the largest unit that loses nothing.
std::string hsts_text(std::int64_t seconds) {
  if (seconds == 0) return "off";
  for (const Unit& unit : units) {
    if (seconds % unit.seconds == 0) return std::to_string(seconds / unit.seconds) + unit.letter;
  }
  return std::to_string(seconds) + "s";
}

// nullopt: no such time. The server says what is too long.
std::optional<std::int64_t> parse_hsts(std::string_view text) {
  if (text == "off") return 0;
  const auto unit = std::ranges::find(units, text.empty() ? ' ' : text.back(), &Unit::letter);
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size() - (text.empty() ? 0 : 1);
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (unit == std::end(units) || error != std::errc() || stop != end) return std::nullopt;
  return count * unit->seconds;
}

void print_routing(Session& session, const nlohmann::json& routing) {
  if (session.json()) return session.terminal().print(pretty(routing));
  const std::string limit = text_at(routing, "limit");
  print_fields(session.terminal(),
               {{"Limit", limit.empty() ? "the default: 200 requests at one time on each dyno"
                                        : one_line(limit) + " requests at one time on each dyno"},
                {"Policy", one_line(text_at(routing, "policy"))},
                {"Affinity", true_at(routing, "affinity") ? "on" : "off"},
                {"HTTPS", true_at(routing, "https_redirect") ? "plain requests are sent to it"
                                                             : "plain requests are served too"},
                {"HSTS", hsts_text(number_at(routing, "hsts_seconds"))}});
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
              "policy=least|round-robin|random, affinity=on|off, https-redirect=on|off and hsts=1y "
              "(30d, off)",
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
  } else if (key == "https-redirect" && (value == "on" || value == "off")) {
    update["https_redirect"] = value == "on";
  } else if (key == "hsts") {
    const auto seconds = parse_hsts(value);
    if (!seconds) return unknown_word(word);
    update["hsts_seconds"] = *seconds;
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
  return {
      {.name = "routing",
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
       .usage = "[limit=N] [policy=POLICY] [affinity=on|off] [https-redirect=on|off] [hsts=TIME]",
       .summary = "change how requests are shared among web dynos",
       .examples = {"routing:set limit=20", "routing:set policy=round-robin affinity=on",
                    "routing:set https-redirect=on hsts=1y", "routing:set limit=default"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto words = std::make_shared<std::vector<std::string>>();
         arguments.arguments("setting", *words,
                             "limit: requests at one time on each dyno, the others wait; "
                             "policy: least, round-robin or random; affinity: a browser stays "
                             "with its dyno; https-redirect: plain requests are sent to HTTPS; "
                             "hsts: browsers are told to come by HTTPS alone for so long",
                             Need::required);
         return [words](Session& session) { return set_routing(session, *words); };
       }}};
}

}  // namespace davit::cli
