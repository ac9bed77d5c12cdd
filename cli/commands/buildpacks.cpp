#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

using List = std::vector<std::string>;

struct Change {
  std::string buildpack;
  int index = 0;  // from 1; 0: not given
};

constexpr std::string_view urn = "urn:buildpack:";

// As people write it: the name of a bundled one, else its address.
Result<List> read_list(const TheApp& at) {
  const auto json = at.api.get(at.path + "/buildpack-installations");
  if (!json) return json.error();
  List list;
  for (const auto& one : *json) {
    std::string text = text_at(one, "buildpack.url");
    if (text.starts_with(urn)) text.erase(0, urn.size());
    list.push_back(std::move(text));
  }
  return list;
}

// What a terminal may show: an address can hold a password.
std::string shown(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos) return one_line(text);
  const std::size_t slash = text.find('/', scheme + 3);
  const std::size_t at = text.rfind('@', slash);
  if (at == text.npos || at < scheme) return one_line(text);
  return one_line(text.substr(0, scheme + 3) + "****" + text.substr(at));
}

void print_list(Session& session, const List& list) {
  Terminal& terminal = session.terminal();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string number = list.size() == 1 ? "" : std::to_string(i + 1) + ". ";
    terminal.print("  " + number + shown(list[i]));
  }
}

Outcome write_list(Session& session, const TheApp& at, const List& list, const std::string& done) {
  auto updates = nlohmann::json::array();
  for (const std::string& one : list) updates.push_back({{"buildpack", one}});
  const auto set = at.api.put(at.path + "/buildpack-installations", {{"updates", updates}});
  if (!set) return set.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*set));
    return 0;
  }
  terminal.print(done + " Next deploy of " + at.name +
                 (list.empty() ? " will detect its buildpack." : " will use:"));
  print_list(session, list);
  return 0;
}

Outcome show(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  if (session.json()) {
    const auto json = at->api.get(at->path + "/buildpack-installations");
    if (!json) return json.error();
    session.terminal().print(pretty(*json));
    return 0;
  }
  const auto list = read_list(*at);
  if (!list) return list.error();
  if (list->empty()) {
    session.terminal().print(at->name + " has no buildpack set: each deploy detects it.");
    return 0;
  }
  session.terminal().header(at->name + " Buildpacks");
  print_list(session, *list);
  return 0;
}

Error out_of_range(int index, std::size_t count) {
  return fail(Errc::invalid_argument, "--index {}: there are {} buildpacks; `davit buildpacks`",
              index, count);
}

Outcome set(Session& session, const Change& change) {
  const auto at = session.the_app();
  if (!at) return at.error();
  auto list = read_list(*at);
  if (!list) return list.error();
  const auto place = static_cast<std::size_t>(change.index);
  if (place > list->size() + 1) return out_of_range(change.index, list->size());
  if (place == 0) {
    *list = {change.buildpack};
  } else if (place == list->size() + 1) {
    list->push_back(change.buildpack);
  } else {
    (*list)[place - 1] = change.buildpack;
  }
  return write_list(session, *at, *list, "Buildpack set.");
}

Outcome add(Session& session, const Change& change) {
  const auto at = session.the_app();
  if (!at) return at.error();
  auto list = read_list(*at);
  if (!list) return list.error();
  if (std::ranges::find(*list, change.buildpack) != list->end()) {
    return fail(Errc::conflict, "{} is set for {} already", shown(change.buildpack), at->name);
  }
  const auto place = static_cast<std::size_t>(change.index);
  if (place > list->size() + 1) return out_of_range(change.index, list->size());
  const auto before = place == 0 ? list->end() : list->begin() + (change.index - 1);
  list->insert(before, change.buildpack);
  return write_list(session, *at, *list, "Buildpack added.");
}

Outcome remove(Session& session, const Change& change) {
  const auto at = session.the_app();
  if (!at) return at.error();
  auto list = read_list(*at);
  if (!list) return list.error();
  if (change.index == 0 && change.buildpack.empty()) {
    return fail(Errc::invalid_argument, "name a buildpack, or its place with --index");
  }
  auto found = std::ranges::find(*list, change.buildpack);
  if (change.index != 0) {
    if (static_cast<std::size_t>(change.index) > list->size()) {
      return out_of_range(change.index, list->size());
    }
    found = list->begin() + (change.index - 1);
  }
  if (found == list->end()) {
    return fail(Errc::not_found, "{} is not set for {}; `davit buildpacks` lists those that are",
                shown(change.buildpack), at->name);
  }
  list->erase(found);
  return write_list(session, *at, *list, "Buildpack removed.");
}

Outcome clear(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  return write_list(session, *at, {}, "Buildpacks cleared.");
}

using Act = Outcome (*)(Session&, const Change&);

std::function<Run(Arguments&)> declare_change(Act act, Need need) {
  return [act, need](Arguments& arguments) -> Run {
    auto change = std::make_shared<Change>();
    arguments.argument("buildpack", change->buildpack,
                       "heroku/NAME, OWNER/REPOSITORY or an address, with #BRANCH or #COMMIT",
                       need);
    arguments.number("-i,--index", "PLACE", change->index, {1, 20}, "its place, from 1");
    return [act, change](Session& session) { return act(session, *change); };
  };
}

Command command(std::string name, std::string usage, std::string summary, std::string example) {
  Command made;
  made.name = std::move(name);
  made.topic = "buildpacks";
  made.usage = std::move(usage);
  made.summary = std::move(summary);
  made.examples = {std::move(example)};
  made.output = Output::text_or_json;
  return made;
}

}  // namespace

std::vector<Command> buildpack_commands() {
  Command list = command("buildpacks", "", "list what builds an app, in order", "buildpacks");
  list.declare = [](Arguments&) -> Run { return show; };
  Command setting = command("buildpacks:set", "BUILDPACK", "build an app with this pack alone",
                            "buildpacks:set heroku/nodejs");
  setting.declare = declare_change(set, Need::required);
  Command adding = command("buildpacks:add", "BUILDPACK", "add a pack, last unless --index says so",
                           "buildpacks:add --index 1 https://example.com/pack.git#v2");
  adding.declare = declare_change(add, Need::required);
  Command removing = command("buildpacks:remove", "[BUILDPACK]", "remove a pack, by name or place",
                             "buildpacks:remove --index 2");
  removing.declare = declare_change(remove, Need::optional);
  Command clearing =
      command("buildpacks:clear", "", "let each build detect its pack again", "buildpacks:clear");
  clearing.declare = [](Arguments&) -> Run { return clear; };
  return {std::move(list), std::move(setting), std::move(adding), std::move(removing),
          std::move(clearing)};
}

}  // namespace davit::cli
