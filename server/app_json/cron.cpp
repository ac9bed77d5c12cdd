#include "server/app_json/cron.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/app_json/limits.hpp"
#include "server/app_json/reader.hpp"
#include "server/app_json/schedule.hpp"

namespace davit::app_json {
namespace {

using Json = nlohmann::json;

Result<CronJob> read_job(const Json& json, std::string path) {
  const auto fields = Reader::of(json, std::move(path));
  if (!fields) return fields.error();
  auto command = fields->text("command");
  if (!command) return command.error();
  if (!*command || (*command)->find_first_not_of(" \t\r\n") == std::string::npos) {
    return fields->wrong("command", "is missing");
  }
  if ((*command)->size() > limits::command_bytes_max) {
    return fields->wrong("command", "is too long; call a script");
  }
  auto schedule = fields->text("schedule");
  if (!schedule) return schedule.error();
  if (!*schedule) return fields->wrong("schedule", "is missing");
  if (const auto parsed = Schedule::parse(**schedule); !parsed) {
    return fields->wrong("schedule", parsed.error().message);
  }
  const auto maintenance = fields->flag("maintenance");
  if (!maintenance) return maintenance.error();
  return CronJob{std::move(**command), std::move(**schedule), maintenance->value_or(false)};
}

}  // namespace

// FNV-1a. Whoever finds two jobs with one id has harmed his own app.json.
std::string CronJob::id() const {
  std::uint32_t hash = 2'166'136'261;
  const auto add = [&hash](std::string_view text) {
    for (const unsigned char c : text) hash = (hash ^ c) * 16'777'619;
  };
  add(command);
  add(std::string_view("\0", 1));
  add(schedule);
  return fmt::format("{:08x}", hash);
}

Result<> read_cron(const Json& json, AppJson& out) {
  if (!json.is_array()) {
    return fail(Errc::invalid_argument,
                "app.json: cron must be a list of objects with command and schedule");
  }
  if (json.size() > limits::cron_jobs_max) {
    return fail(Errc::limit_exceeded, "app.json: cron has more than {} jobs",
                limits::cron_jobs_max);
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto job = read_job(json[i], fmt::format("cron[{}]", i));
    if (!job) return std::move(job).error();
    const auto same = std::ranges::find(out.cron, job->id(), &CronJob::id);
    if (same != out.cron.end()) {
      return fail(Errc::invalid_argument, "app.json: cron[{}] is the same job as cron[{}]", i,
                  same - out.cron.begin());
    }
    out.cron.push_back(std::move(*job));
  }
  return {};
}

std::string cron_text(const std::vector<CronJob>& jobs) {
  if (jobs.empty()) return {};
  Json list = Json::array();
  for (const CronJob& job : jobs) {
    Json fields{{"command", job.command}, {"schedule", job.schedule}};
    if (job.maintenance) fields["maintenance"] = true;
    list.push_back(std::move(fields));
  }
  return list.dump();
}

std::vector<CronJob> cron_jobs(std::string_view text) {
  std::vector<CronJob> jobs;
  const Json list = Json::parse(text, nullptr, false);
  if (!list.is_array()) return jobs;
  for (const Json& json : list) {
    auto job = read_job(json, "cron");
    if (!job) continue;
    const bool known = std::ranges::find(jobs, job->id(), &CronJob::id) != jobs.end();
    if (!known) jobs.push_back(std::move(*job));
  }
  return jobs;
}

}  // namespace davit::app_json
