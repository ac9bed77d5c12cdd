#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "cli/attach/attached_command.hpp"
#include "cli/attach/raw_mode.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/log_follower.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr int connection_lost = 255;  // as ssh says it: no command's own status comes often near it
constexpr int seconds_max = 86'400;
constexpr const char* first_dyno = "web.1";

struct RunQuery {
  std::vector<std::string> command;
  std::string size;
  std::string env;
  std::string type;
  std::string dyno = first_dyno;
  int seconds = 0;
  bool no_tty = false;
  bool exit_code = false;
  bool tail = false;
};

// One word is a line for the shell in the dyno, as the user wrote it; several are a program and its
// arguments.
std::string command_line(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + shell_quote(word);
  return line;
}

// "A=1;B=2", as the vendor's tool has it.
Result<nlohmann::json> parse_env(const std::string& text) {
  auto env = nlohmann::json::object();
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find(';');
    const auto item = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (item.empty()) continue;
    const auto sign = item.find('=');
    if (sign == std::string_view::npos || !ConfigKey::parse(item.substr(0, sign))) {
      return fail(Errc::invalid_argument,
                  "'{}' is no variable; say --env \"NAME=value;OTHER=value\"", one_line(item));
    }
    env[std::string(item.substr(0, sign))] = std::string(item.substr(sign + 1));
  }
  return json_result(std::move(env));
}

bool on_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Result<nlohmann::json> body_of(Session& session, const RunQuery& query, bool terminal) {
  auto env = parse_env(query.env);
  if (!env) return env.error();
  if (!env->contains("TERM")) {
    const auto term = session.environment().get("TERM");
    (*env)["TERM"] = term.empty() ? "dumb" : term;
  }
  if (terminal) {
    const auto window = window_of(STDOUT_FILENO);
    (*env)["COLUMNS"] = window.columns;
    (*env)["LINES"] = window.rows;
  }
  nlohmann::json body{{"env", std::move(*env)}};
  if (!query.command.empty()) body["command"] = command_line(query.command);
  if (!terminal) body["force_no_tty"] = true;
  if (!query.size.empty()) body["size"] = query.size;
  if (!query.type.empty()) body["type"] = query.type;
  if (query.seconds > 0) body["time_to_live"] = query.seconds;
  return json_result(std::move(body));
}

std::string meaning(const std::string& reason) {
  if (reason == "time_limit") return "its time limit has passed";
  if (reason == "stopped" || reason == "stop_timeout") return "it was stopped";
  if (reason == "out_of_memory") return "it used more memory than its size allows (R15)";
  if (reason == "disk_full") return "it wrote more than its size allows (R22)";
  if (reason == "owner_gone") return "nothing went in or out for too long";
  return reason;
}

// The command's own status is ours.
Outcome hold(Session& session, const nlohmann::json& dyno, bool terminal) {
  const std::string name = one_line(text_at(dyno, "name"));
  const auto ended = hold_command({text_at(dyno, "attach_url"), terminal});
  if (!ended && ended.error().code == Errc::cancelled)
    return 128 + std::atoi(ended.error().message.c_str());
  if (!ended) {
    session.terminal().error(name + ": " + ended.error().message +
                             "\nThe command gets SIGHUP when its connection is lost.");
    return connection_lost;
  }
  if (ended->reason != "exited") {
    session.terminal().error(name + ": " +
                             (ended->detail.empty() ? meaning(ended->reason) : ended->detail));
  }
  return ended->code;
}

Outcome attached(Session& session, const RunQuery& query, const std::string& where,
                 const std::string& what) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const bool terminal = !query.no_tty && on_terminal();
  auto body = body_of(session, query, terminal);
  if (!body) return body.error();
  (*body)["attach"] = true;
  Progress progress(session.terminal(),
                    "Running " + what + " on " + session.terminal().app(at->name));
  const auto dyno = at->api.post(at->path + where, *body);
  if (!dyno) return dyno.error();
  progress.done(one_line(text_at(*dyno, "name")) + " (" + one_line(text_at(*dyno, "size")) + ")");
  return hold(session, *dyno, terminal);
}

Outcome run(Session& session, const RunQuery& query) {
  return attached(session, query, "/dynos", one_line(command_line(query.command)));
}

Outcome exec(Session& session, const RunQuery& query) {
  const std::string command = query.command.empty() ? "bash" : command_line(query.command);
  return attached(session, query, "/dynos/" + encode_segment(query.dyno),
                  one_line(command) + " inside " + one_line(query.dyno));
}

Outcome detached(Session& session, const RunQuery& query) {
  const auto at = session.the_app();
  if (!at) return at.error();
  auto body = body_of(session, query, false);
  if (!body) return body.error();
  (*body)["attach"] = false;
  std::string name;
  {
    Progress progress(session.terminal(), "Running " + one_line(command_line(query.command)) +
                                              " on " + session.terminal().app(at->name));
    const auto dyno = at->api.post(at->path + "/dynos", *body);
    if (!dyno) return dyno.error();
    name = one_line(text_at(*dyno, "name"));
    progress.done(name);
  }
  if (query.tail) {
    LogQuery logs;
    logs.tail = true;
    logs.dyno = name;
    LogFollower follower(session, at->api, at->path, std::move(logs));
    DAVIT_TRY(follower.run());
    return 0;
  }
  session.terminal().print(name);
  session.terminal().note("Run `davit logs --app " + at->name + " --dyno " + name +
                          "` to see its output.");
  return 0;
}

void declare_run(Arguments& arguments, RunQuery& query) {
  arguments.command("COMMAND", query.command,
                    "a line for the shell in one word, or a program and its arguments; options of "
                    "davit come before it",
                    Need::required);
  arguments.option("-s,--size", "SIZE", query.size,
                   "the dyno's size; `davit ps:type` shows the sizes");
  arguments.option("-e,--env", "VARS", query.env, "variables on top of the app's: \"A=1;B=2\"");
  arguments.option("--type", "TYPE", query.type,
                   "the dyno's type, in its name and for its size (run)");
  arguments.number("--ttl,--time-to-live", "SECONDS", query.seconds, {1, seconds_max},
                   "it is ended after so long (a day)");
}

}  // namespace

std::vector<Command> run_commands() {
  return {
      {.name = "run",
       .aliases = {},
       .topic = "run",
       .usage = "COMMAND...",
       .summary = "run a command in a dyno of its own, with the app's code and config",
       .examples = {"run bash", "run 'rake db:migrate && rake db:seed'",
                    "run --size large -- ./report -v", "run psql < dump.sql",
                    "run -e 'DEBUG=1' npm test"},
       .takes_command = true,
       .declare = [](Arguments& arguments) -> Run {
         auto query = std::make_shared<RunQuery>();
         declare_run(arguments, *query);
         arguments.flag("--no-tty", query->no_tty,
                        "no terminal, also where there is one: plain pipes");
         arguments.flag("-x,--exit-code", query->exit_code,
                        "always so: the command's exit code is this tool's");
         return [query](Session& session) { return run(session, *query); };
       }},
      {.name = "run:detached",
       .aliases = {},
       .topic = "run",
       .usage = "COMMAND...",
       .summary = "run a command in a dyno of its own, output to the log",
       .examples = {"run:detached ./nightly", "run:detached --tail rake import"},
       .takes_command = true,
       .declare = [](Arguments& arguments) -> Run {
         auto query = std::make_shared<RunQuery>();
         declare_run(arguments, *query);
         arguments.flag("-t,--tail", query->tail, "follow its log");
         return [query](Session& session) { return detached(session, *query); };
       }},
      {.name = "ps:exec",
       .aliases = {"run:inside"},
       .topic = "run",
       .usage = "[COMMAND...]",
       .summary = "open a shell, or run a command, inside a running dyno",
       .examples = {"ps:exec", "ps:exec --dyno worker.2 'ls -l /tmp'"},
       .takes_command = true,
       .declare = [](Arguments& arguments) -> Run {
         auto query = std::make_shared<RunQuery>();
         arguments.command("COMMAND", query->command,
                           "what to run (bash); options of davit come before it", Need::optional);
         arguments.option("-d,--dyno", "DYNO", query->dyno, "the dyno (web.1)");
         arguments.option("-e,--env", "VARS", query->env,
                          "variables on top of the dyno's: \"A=1;B=2\"");
         arguments.flag("--no-tty", query->no_tty,
                        "no terminal, also where there is one: plain pipes");
         return [query](Session& session) { return exec(session, *query); };
       }},
  };
}

}  // namespace davit::cli
