#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/ids.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Colour state_colour(const std::string& state) {
  if (state == "up") return Colour::green;
  if (state == "crashed") return Colour::red;
  return Colour::yellow;
}

// ": exited with status 1; starts again in 8 s", where there is something to tell.
std::string why_text(const nlohmann::json& dyno, WallTime now) {
  std::string text = one_line(text_at(dyno, "reason"));
  const auto retry_at = parse_iso8601(text_at(dyno, "retry_at"));
  if (retry_at && text_at(dyno, "state") == "crashed") {
    const auto left = std::chrono::ceil<std::chrono::seconds>(*retry_at - now).count();
    if (left > 0) text += "; starts again in " + std::to_string(left) + " s";
  }
  return text.empty() ? text : ": " + text;
}

void print_dynos(Session& session, std::vector<nlohmann::json> dynos) {
  Terminal& terminal = session.terminal();
  // By type, then by number: web.2 before web.10.
  const auto order = [](const nlohmann::json& dyno) {
    const auto name = DynoName::parse(text_at(dyno, "name"));
    return std::tuple(text_at(dyno, "type"), name ? name->number : 0, text_at(dyno, "name"));
  };
  std::ranges::sort(dynos, {}, order);
  for (auto at = dynos.begin(); at != dynos.end();) {
    const std::string type = text_at(*at, "type");
    const auto end = std::find_if(
        at, dynos.end(), [&](const nlohmann::json& dyno) { return text_at(dyno, "type") != type; });
    terminal.header(type + " (" + text_at(*at, "size") + "): " + text_at(*at, "command") + " (" +
                    std::to_string(end - at) + ")");
    terminal.print("");
    for (; at != end; ++at) {
      const std::string state = one_line(text_at(*at, "state"));
      terminal.print(
          one_line(text_at(*at, "name")) + ": " + terminal.paint(state_colour(state), state) + " " +
          time_and_age(text_at(*at, "updated_at"), session.now()) + why_text(*at, session.now()));
    }
    terminal.print("");
  }
}

// What is settled about web beside its dynos; nothing where the server does not tell.
void print_settings(Session& session, const TheApp& app) {
  const auto web = app.api.get(app.path + "/formation/web");
  if (!web) return;
  const std::string sleep = one_line(text_at(*web, "sleep_after"));
  if (!sleep.empty()) session.terminal().print("web sleeps after " + sleep + " without a request");
  const std::string most = one_line(text_at(*web, "autoscale.max"));
  if (most.empty()) return;
  session.terminal().print("web is scaled automatically, from " +
                           one_line(text_at(*web, "autoscale.min")) + " to " + most + " dynos");
}

Outcome list_dynos(Session& session, const std::vector<std::string>& types) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto all = at->api.list(at->path + "/dynos");
  if (!all) return all.error();
  auto shown = nlohmann::json::array();
  for (const auto& dyno : *all) {
    if (types.empty() || std::ranges::find(types, text_at(dyno, "type")) != types.end()) {
      shown.push_back(dyno);
    }
  }
  if (session.json()) {
    session.terminal().print(pretty(shown));
  } else if (shown.empty()) {
    session.terminal().print("No dynos on " + at->name);
  } else {
    print_dynos(session, shown);
    print_settings(session, *at);
  }
  return 0;
}

// "web=2", "worker+1", "web-1", "web=2:standard-1x". The sign travels: the server adds or
// subtracts.
Result<nlohmann::json> parse_change(const std::string& word) {
  const auto wrong = [&word] {
    return fail(Errc::invalid_argument, "'{}' is not understood; say web=2, worker+1 or worker-1",
                one_line(word));
  };
  // A type may hold "-" itself: the quantity is what follows the last sign.
  const auto sign = word.find('=') != std::string::npos ? word.find('=') : word.find_last_of("+-");
  if (sign == std::string::npos || sign == 0) return wrong();
  const std::string type = word.substr(0, sign);
  std::string quantity = word.substr(sign + 1);
  std::string size;
  if (const auto colon = quantity.find(':'); colon != std::string::npos) {
    size = quantity.substr(colon + 1);
    quantity.resize(colon);
    if (size.empty()) return wrong();
  }
  const bool digits =
      !quantity.empty() && quantity.size() <= 5 &&
      std::ranges::all_of(quantity, [](unsigned char c) { return std::isdigit(c); });
  if (!digits || !ProcessType::parse(type)) return wrong();
  nlohmann::json change{{"type", type},
                        {"quantity", (word[sign] == '=' ? "" : word.substr(sign, 1)) + quantity}};
  if (!size.empty()) change["size"] = size;
  return json_result(std::move(change));
}

std::string formation_line(const nlohmann::json& formation, const char* between, const char* gap) {
  std::string text;
  for (const auto& entry : formation) {
    text += (text.empty() ? "" : gap) + one_line(text_at(entry, "type")) + between +
            text_at(entry, "quantity") + ":" + one_line(text_at(entry, "size"));
  }
  return text;
}

Outcome scale(Session& session, const std::vector<std::string>& words) {
  auto updates = nlohmann::json::array();
  for (const std::string& word : words) {
    auto change = parse_change(word);
    if (!change) return change.error();
    updates.push_back(std::move(*change));
  }
  const auto at = session.the_app();
  if (!at) return at.error();
  Terminal& terminal = session.terminal();
  if (updates.empty()) {
    const auto formation = at->api.list(at->path + "/formation");
    if (!formation) return formation.error();
    if (session.json()) {
      terminal.print(pretty(*formation));
    } else if (formation->empty()) {
      terminal.print("No process types on this app yet: push code with a Procfile first.");
    } else {
      terminal.print(formation_line(*formation, "=", " "));
    }
    return 0;
  }
  Progress progress(terminal, "Scaling dynos");
  const auto formation = at->api.patch(at->path + "/formation", {{"updates", updates}});
  if (!formation) return formation.error();
  progress.done("done, now running " + formation_line(*formation, " at ", ", "));
  if (session.json()) terminal.print(pretty(*formation));
  return 0;
}

struct Target {
  std::string word;  // "web.1" or "web", as older versions of the tool take it
  std::string dyno;
  std::string type;
};

Run declare_target(Arguments& arguments, Outcome (*act)(Session&, const Target&)) {
  auto target = std::make_shared<Target>();
  arguments.argument("dyno", target->word, "a dyno (web.1) or a process type (web)");
  arguments.option("-d,--dyno-name", "DYNO", target->dyno, "one dyno");
  arguments.option("-p,--process-type", "TYPE", target->type, "all dynos of a type");
  return [target, act](Session& session) {
    if (!target->word.empty()) {
      (target->word.find('.') == std::string::npos ? target->type : target->dyno) = target->word;
    }
    return act(session, *target);
  };
}

Outcome restart(Session& session, const Target& target) {
  const auto at = session.the_app();
  if (!at) return at.error();
  std::string what = "all dynos", where = "/dynos";
  if (!target.dyno.empty()) {
    what = "dyno " + one_line(target.dyno);
    where = "/dynos/" + encode_segment(target.dyno);
  } else if (!target.type.empty()) {
    what = "all " + one_line(target.type) + " dynos";
    where = "/formations/" + encode_segment(target.type);
  }
  Progress progress(session.terminal(),
                    "Restarting " + what + " on " + session.terminal().app(at->name));
  const auto done = at->api.remove(at->path + where);
  if (!done) return done.error();
  progress.done();
  return 0;
}

Outcome stop(Session& session, const Target& target) {
  if (target.dyno.empty() && target.type.empty()) {
    return fail(Errc::invalid_argument,
                "stop which? `davit ps:stop web.1` or `davit ps:stop -p web`");
  }
  const auto at = session.the_app();
  if (!at) return at.error();
  const bool one = !target.dyno.empty();
  const std::string where =
      one ? "/dynos/" + encode_segment(target.dyno) : "/formations/" + encode_segment(target.type);
  const std::string what =
      one ? one_line(target.dyno) + " dyno" : "all " + one_line(target.type) + " dynos";
  Progress progress(session.terminal(),
                    "Stopping " + what + " on " + session.terminal().app(at->name));
  const auto done = at->api.post(at->path + where + "/actions/stop", nlohmann::json::object());
  if (!done) return done.error();
  progress.done();
  return 0;
}

}  // namespace

std::vector<Command> dyno_commands() {
  return {
      {.name = "ps",
       .aliases = {"ps:list", "dyno"},
       .topic = "ps",
       .usage = "[TYPE...]",
       .summary = "list the dynos of an app",
       .examples = {"ps", "ps web -a blog"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto types = std::make_shared<std::vector<std::string>>();
         arguments.arguments("type", *types, "only these process types");
         return [types](Session& session) { return list_dynos(session, *types); };
       }},
      {.name = "ps:scale",
       .aliases = {"scale", "dyno:scale"},
       .topic = "ps",
       .usage = "[TYPE=QUANTITY...]",
       .summary = "set how many dynos of a type run; show it when nothing is given",
       .examples = {"ps:scale web=2", "ps:scale web=2 worker+1", "ps:scale worker-1"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto words = std::make_shared<std::vector<std::string>>();
         arguments.arguments("type=quantity", *words, "web=2, worker+1, worker-1");
         return [words](Session& session) { return scale(session, *words); };
       }},
      {.name = "ps:restart",
       .aliases = {"restart", "dyno:restart"},
       .topic = "ps",
       .usage = "[DYNO]",
       .summary = "restart all dynos, those of a type, or one",
       .examples = {"ps:restart", "ps:restart web", "ps:restart web.1"},
       .declare = [](Arguments& arguments) { return declare_target(arguments, restart); }},
      {.name = "ps:stop",
       .aliases = {"stop", "dyno:stop", "ps:kill"},
       .topic = "ps",
       .usage = "DYNO",
       .summary = "stop a dyno, or those of a type",
       .examples = {"ps:stop run.1828", "ps:stop -p worker"},
       .declare = [](Arguments& arguments) { return declare_target(arguments, stop); }},
  };
}

}  // namespace davit::cli
