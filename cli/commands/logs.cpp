#include "cli/commands/commands.hpp"
#include "cli/log_follower.hpp"
#include "cli/session.hpp"

namespace davit::cli {
namespace {

constexpr int lines_max = 1500;  // what the platform keeps

Outcome logs(Session& session, const LogQuery& query) {
  if (!query.source.empty() && query.source != "app" && query.source != "heroku") {
    return fail(Errc::invalid_argument, "no source '{}'; there are app and heroku (the platform)",
                query.source);
  }
  const auto at = session.the_app();
  if (!at) return at.error();
  LogFollower follower(session, at->api, at->path, query);
  DAVIT_TRY(follower.run());
  return 0;
}

}  // namespace

std::vector<Command> log_commands() {
  return {
      {.name = "logs",
       .aliases = {"log"},
       .topic = "logs",
       .usage = {},
       .summary = "show the last lines of an app's log, or follow it",
       .examples = {"logs", "logs -n 500", "logs --tail", "logs --tail --dyno web.1"},
       .declare = [](Arguments& arguments) -> Run {
         auto query = std::make_shared<LogQuery>();
         arguments.number("-n,--num", "NUM", query->lines, {1, lines_max}, "how many lines (100)");
         arguments.flag("-t,--tail", query->tail, "go on with new lines");
         arguments.option("-d,--dyno,--dyno-name", "DYNO", query->dyno,
                          "only this dyno (web.1) or type (web)");
         arguments.option("-s,--source", "SOURCE", query->source,
                          "app, or heroku: the platform's own lines");
         return [query](Session& session) { return logs(session, *query); };
       }},
  };
}

}  // namespace davit::cli
