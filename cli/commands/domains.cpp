#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

Outcome list_domains(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto domains = at->api.list(at->path + "/domains");
  if (!domains) return domains.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*domains));
    return 0;
  }
  Table custom({"Domain Name", "DNS Target", "Status"});
  bool any_custom = false;
  terminal.header(at->name + " Davit Domain");
  terminal.print("");
  for (const auto& domain : *domains) {
    if (text_at(domain, "kind") == "heroku") {
      terminal.print(one_line(text_at(domain, "hostname")));
    } else {
      custom.row(
          {text_at(domain, "hostname"), text_at(domain, "cname"), text_at(domain, "status")});
      any_custom = true;
    }
  }
  if (any_custom) {
    terminal.print("");
    terminal.header(at->name + " Custom Domains");
    terminal.print("");
    custom.print(terminal);
  }
  return 0;
}

}  // namespace

std::vector<Command> domain_commands() {
  return {{.name = "domains",
           .aliases = {"domains:list"},
           .topic = "domains",
           .usage = {},
           .summary = "list the host names of an app",
           .examples = {},
           .output = Output::text_or_json,
           .declare = [](Arguments&) -> Run { return list_domains; }}};
}

}  // namespace davit::cli
