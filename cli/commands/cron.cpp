// The jobs that app.json asks to be run from time to time.
#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

// "2026-01-31 04:00", in UTC as schedules are.
std::string minute_of(const std::string& iso8601) {
  return iso8601.size() < 16 ? "" : iso8601.substr(0, 10) + " " + iso8601.substr(11, 5);
}

std::string next_of(const nlohmann::json& job) {
  if (true_at(job, "maintenance")) return "never (maintenance)";
  return one_line(minute_of(text_at(job, "next_run_at")));
}

std::string last_of(const Terminal& terminal, const nlohmann::json& job) {
  const std::string skipped = text_at(job, "last_skip.at");
  const std::string started = text_at(job, "last_run.started_at");
  if (skipped > started) {  // the same form: they compare as times do
    return terminal.paint(Colour::yellow, "skipped " + one_line(minute_of(skipped))) + ", " +
           one_line(text_at(job, "last_skip.reason"));
  }
  const std::string status = one_line(text_at(job, "last_run.status"));
  if (status.empty()) return "-";
  const Colour colour = status == "failed"      ? Colour::red
                        : status == "succeeded" ? Colour::green
                                                : Colour::yellow;
  std::string text = terminal.paint(colour, status + " " + one_line(minute_of(started)));
  const std::string dyno = one_line(text_at(job, "last_run.dyno"));
  const std::string failure = one_line(text_at(job, "last_run.failure"));
  if (!dyno.empty()) text += ", " + dyno;
  if (!failure.empty()) text += ": " + failure;
  return text;
}

Outcome list_jobs(Session& session) {
  const auto at = session.the_app();
  if (!at) return at.error();
  const auto jobs = at->api.get(at->path + "/cron");
  if (!jobs) return jobs.error();
  Terminal& terminal = session.terminal();
  if (session.json()) {
    terminal.print(pretty(*jobs));
    return 0;
  }
  if (!jobs->is_array() || jobs->empty()) {
    terminal.print(at->name + " has no cron jobs: they come from `cron` in its app.json.");
    return 0;
  }
  terminal.header(at->name + " Cron jobs, times in UTC");
  terminal.print("");
  Table table({"ID", "Schedule", "Next", "Last", "Command"});
  for (const auto& job : *jobs) {
    table.row({one_line(text_at(job, "id")), one_line(text_at(job, "schedule")), next_of(job),
               last_of(terminal, job), one_line(text_at(job, "command"))});
  }
  table.print(terminal);
  return 0;
}

Outcome run_job(Session& session, const std::string& id) {
  const auto at = session.the_app();
  if (!at) return at.error();
  Progress progress(session.terminal(), "Starting cron job " + one_line(id) + " of " +
                                            session.terminal().app(at->name));
  const auto job = at->api.post(at->path + "/cron/" + encode_segment(id) + "/actions/run",
                                nlohmann::json::object());
  if (!job) return job.error();
  const std::string dyno = one_line(text_at(*job, "last_run.dyno"));
  progress.done("done, " + dyno);
  if (session.json()) {
    session.terminal().print(pretty(*job));
  } else {
    session.terminal().note("`davit logs --tail --dyno " + dyno + " -a " + at->name +
                            "` shows what it says.");
  }
  return 0;
}

}  // namespace

std::vector<Command> cron_commands() {
  return {
      {.name = "cron",
       .aliases = {"cron:list"},
       .topic = "cron",
       .usage = {},
       .summary =
           "list the jobs of app.json's cron, when they run next, and how the last run ended",
       .examples = {"cron", "cron --json"},
       .output = Output::text_or_json,
       .declare = [](Arguments&) -> Run { return list_jobs; }},
      {.name = "cron:run",
       .aliases = {},
       .topic = "cron",
       .usage = "ID",
       .summary = "run a cron job now, whatever its schedule says; output goes to the log",
       .examples = {"cron:run 1a2b3c4d"},
       .output = Output::text_or_json,
       .declare = [](Arguments& arguments) -> Run {
         auto id = std::make_shared<std::string>();
         arguments.argument("id", *id, "of the job, as `davit cron` shows it", Need::required);
         return [id](Session& session) { return run_job(session, *id); };
       }},
  };
}

}  // namespace davit::cli
