#include <nlohmann/json.hpp>

#include "base/process.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

void start_browser(Session& session, const std::string& url) {
  const Environment& environment = session.environment();
  const bool display =
      !environment.get("DISPLAY").empty() || !environment.get("WAYLAND_DISPLAY").empty();
  const auto opener = environment.find_program("xdg-open");
  if (!display || !opener || !session.terminal().out_is_terminal()) return;
  ProcessOptions options;
  options.argv = {*opener, url};
  options.env = environment.variables;
  options.new_session = true;  // the browser outlives us
  static_cast<void>(Process::spawn(options));
}

Outcome open(Session& session, const std::string& path) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto app = at->api.get(at->path);
  if (!app) return app.error();
  std::string url = text_at(*app, "web_url");
  if (!path.empty()) {
    if (url.ends_with('/')) url.pop_back();
    url += path.starts_with('/') ? path : "/" + path;
  }
  // A server that sends anything else must not get us to start it.
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return fail(Errc::corrupt, "the app's URL is no web address: {}", one_line(url));
  }
  session.terminal().print(url);
  start_browser(session, url);
  return 0;
}

}  // namespace

std::vector<Command> open_commands() {
  return {
      {.name = "open",
       .aliases = {"apps:open"},
       .topic = "apps",
       .usage = "[PATH]",
       .summary = "print the app's URL; open it where there is a display",
       .examples = {"open", "open /admin"},
       .declare = [](Arguments& arguments) -> Run {
         auto path = std::make_shared<std::string>();
         arguments.argument("path", *path, "a path on it");
         return [path](Session& session) { return open(session, *path); };
       }},
  };
}

}  // namespace davit::cli
