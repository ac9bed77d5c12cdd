#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

// app.json: what a repository says of the app that it is. The one reader of it. Pure.
namespace davit::app_json {

// env.NAME: a text (its default), or an object.
struct Variable {
  std::string description;
  std::optional<std::string> value;  // the default
  bool required = true;              // the vendor's default
  bool generated = false;            // generator "secret": 64 random hexadecimal digits
};

// formation.TYPE
struct TypeWish {
  std::optional<std::uint32_t> quantity;
  std::string size;  // as written; empty: not said
};

// One of cron. Two of an app never say the same.
struct CronJob {
  std::string command;
  std::string schedule;      // as written; Schedule::parse takes it
  bool maintenance = false;  // not run by itself
  // Eight hexadecimal digits of command and schedule: the same in every release that has this job.
  std::string id() const;
};

struct AppJson {
  std::map<std::string, Variable> env;
  std::map<std::string, TypeWish> formation;
  std::vector<std::string> buildpacks;  // as written
  std::string postdeploy;               // scripts.postdeploy: after the first deploy; empty: none
  std::string healthchecks;             // JSON, for supervisor::HealthChecks::parse; empty: none
  std::vector<CronJob> cron;

  // What the vendor's tools read is read as they do, keys that are for others (name, addons,
  // environments …) are passed over. Errors name the field ("app.json: env.KEY.generator must be
  // \"secret\"") or, where it is no JSON, line and column.
  static Result<AppJson> parse(std::string_view text);
};

// Whether the app has run before: then only what it cannot do without is filled in, and what its
// owner took away on purpose stays away.
enum class Deploy { first, later };

// The variables that app.json gives an app which has `config`. invalid_argument when one is missing
// that nobody but its owner can give: the text, of several lines, has the command that sets it.
Result<std::map<std::string, std::string>> variables_for(
    const AppJson& app_json, const std::map<std::string, std::string>& config,
    const std::string& app_name, Deploy deploy, Random& random);

std::string cron_text(const std::vector<CronJob>& jobs);  // a JSON list; empty for none
// Of such a text. What an older Davit wrote and this one does not take is left out.
std::vector<CronJob> cron_jobs(std::string_view text);

}  // namespace davit::app_json
