#include "server/api/shape/objects.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "server/api/dynos/dyno_size.hpp"
#include "server/api/dynos/formation_change.hpp"
#include "server/auth/secrets.hpp"
#include "server/supervisor/rollout.hpp"

namespace davit::api {

using nlohmann::json;

namespace {

// Things that exist since there is a Davit: their times are not news.
constexpr const char* beginning = "2026-01-01T00:00:00Z";

json ref(const UserRef& user) { return {{"id", user.id}, {"email", user.email}}; }

json dyno_size_ref(const std::string& size) {
  return {{"id", auth::derived_uuid("dyno-size/" + size)}, {"name", shown_size(size)}};
}

// The Platform API's words for what a dyno does.
const char* state_word(supervisor::DynoState state) {
  switch (state) {
    case supervisor::DynoState::starting: return "starting";
    case supervisor::DynoState::up: return "up";
    case supervisor::DynoState::idle: return "idle";
    case supervisor::DynoState::crashed: return "crashed";
    case supervisor::DynoState::stopping: return "stopping";
    case supervisor::DynoState::down: return "down";
  }
  return "down";
}

}  // namespace

Emails emails_of(const store::Stores& stores) {
  Emails emails;
  for (const auto& user : stores.users.list()) emails[user.id] = user.email;
  return emails;
}

UserRef user_ref(const UserId& id, const Emails& emails) {
  const auto found = emails.find(id);
  return {id.str(), found == emails.end() ? "removed user" : found->second};
}

json region_ref() { return {{"id", auth::derived_uuid("region/local")}, {"name", region_name}}; }

json stack_ref() { return {{"id", auth::derived_uuid("stack/davit-1")}, {"name", stack_name}}; }

json region_json() {
  json region = region_ref();
  region.update({{"country", "Here"},
                 {"locale", "This server"},
                 {"description", "This server"},
                 {"private_capable", false},
                 {"provider", {{"name", "davit"}, {"region", region_name}}},
                 {"created_at", beginning},
                 {"updated_at", beginning}});
  return region;
}

json stack_json() {
  json stack = stack_ref();
  stack.update({{"default", true},
                {"state", "public"},
                {"created_at", beginning},
                {"updated_at", beginning}});
  return stack;
}

json dyno_size_json(const supervisor::DynoSize& size) {
  json out = dyno_size_ref(size.name);
  out.update({{"architecture", "amd64"},
              {"compute", std::max(1u, size.cpu_weight / 100)},
              {"can_autoscale", false},
              {"cost", nullptr},
              {"dedicated", false},
              {"precise_dyno_units", 1.0},
              {"memory", static_cast<double>(size.memory_bytes) / (1024.0 * 1024 * 1024)},
              {"private_space_only", false},
              {"generation", {{"id", auth::derived_uuid("generation/cedar")}, {"name", "cedar"}}},
              {"infrastructure_tier", "production"},
              {"product_dyno_tier", "standard"},
              // Ours: what a dyno of this size may use at most.
              {"limits",
               {{"memory_bytes", size.memory_bytes},
                {"cpu_weight", size.cpu_weight},
                {"cpu_max_percent", size.cpu_max_percent},
                {"processes", size.processes},
                {"disk_bytes", size.disk_bytes}}}});
  return out;
}

json app_ref(const store::App& app) { return {{"id", app.id.str()}, {"name", app.name.str()}}; }

json account_json(const store::User& user) {
  const std::string created = iso8601(user.created_at);
  return {{"id", user.id.str()},
          {"email", user.email},
          {"name", nullptr},
          {"allow_tracking", false},
          {"beta", false},
          {"federated", false},
          {"identity_provider", nullptr},
          {"last_login", nullptr},
          {"sms_number", nullptr},
          {"suspended_at", nullptr},
          {"delinquent_at", nullptr},
          {"two_factor_authentication", false},
          {"verified", true},
          {"country_of_residence", nullptr},
          {"eco_dynos_enabled", false},
          {"eco_dynos_shutdown_at", nullptr},
          {"pipeline_cost_consent_at", nullptr},
          {"acknowledged_msa", false},
          {"acknowledged_msa_at", nullptr},
          {"italian_customer_terms", nullptr},
          {"italian_partner_terms", nullptr},
          {"mfa_enabled", false},
          {"mfa_exemption", false},
          {"mfa_exemption_reason", nullptr},
          {"mfa_experience", "legacy"},
          {"default_organization", nullptr},
          {"default_team", nullptr},
          {"created_at", created},
          {"updated_at", created}};
}

json authorization_json(const store::Token& record, const std::string& token, const UserRef& user,
                        WallTime now) {
  json expires_in;
  if (record.expires_at) {
    expires_in = std::chrono::floor<std::chrono::seconds>(*record.expires_at - now).count();
  }
  const json owner = {{"id", user.id}, {"email", user.email}, {"full_name", nullptr}};
  return {{"id", record.id.str()},
          {"description", record.description},
          {"scope", json::array({"global"})},
          {"access_token",
           {{"id", auth::derived_uuid("access-token/" + record.id.str())},
            {"token", token.empty() ? std::string("****") : token},
            {"expires_in", expires_in},
            {"version", 1}}},
          {"client", nullptr},
          {"grant", nullptr},
          {"refresh_token", nullptr},
          {"session", nullptr},
          {"user", owner},
          {"created_at", iso8601(record.created_at)},
          {"updated_at", iso8601(record.created_at)}};
}

json user_json(const store::User& user) {
  return {{"id", user.id.str()},
          {"email", user.email},
          {"admin", user.admin},
          {"created_at", iso8601(user.created_at)}};
}

json app_json(const AppView& view, const PlatformUrls& urls) {
  const store::App& app = view.app;
  json out = app_ref(app);
  out.update({{"acm", false},
              {"archived_at", nullptr},
              {"base_image_name", nullptr},
              {"build_stack", stack_ref()},
              {"buildpack_provided_description", nullptr},
              {"buildpacks", nullptr},
              {"created_at", iso8601(app.created_at)},
              {"current_build_architecture", json::array()},
              {"generation", "cedar"},
              {"git_url", urls.git(app.name)},
              {"internal_routing", nullptr},
              {"maintenance", app.maintenance},
              {"owner", ref(view.owner)},
              {"organization", nullptr},
              {"team", nullptr},
              {"region", region_ref()},
              {"released_at", nullptr},
              {"repo_size", nullptr},
              {"slug_size", nullptr},
              {"space", nullptr},
              {"stack", stack_ref()},
              {"updated_at", iso8601(app.updated_at)},
              {"web_url", urls.web(app.name)}});
  if (app.released_at) out["released_at"] = iso8601(*app.released_at);
  if (view.slug) {
    out["slug_size"] = view.slug->bytes;
    out["buildpack_provided_description"] = view.slug->buildpack;
  }
  return out;
}

json canary_json(const store::Release& release, const store::CanaryRecord& rules) {
  if (!release.canary || release.status != store::Status::succeeded) return nullptr;
  json promote_at;
  if (rules.promote_after_ms > 0) {
    promote_at = iso8601(release.updated_at + std::chrono::milliseconds(rules.promote_after_ms));
  }
  return {{"percent", rules.percent}, {"promote_at", std::move(promote_at)}};
}

json release_json(const ReleaseView& view, const store::App& app) {
  const store::Release& release = view.release;
  json slug;
  if (release.slug) slug = {{"id", release.slug->str()}};
  const bool succeeded = release.status == store::Status::succeeded;
  json output_url, failure;
  if (!view.output_url.empty()) output_url = view.output_url;
  if (!release.failure.empty()) failure = release.failure;
  return {{"id", release.id.str()},
          {"version", release.version},
          {"description", release.description},
          {"status", std::string(store::to_string(release.status))},
          {"current", view.current},
          {"eligible_for_rollback", succeeded && !release.canary && release.slug.has_value()},
          {"canary", canary_json(release, view.canary)},
          {"user", ref(view.user)},
          {"slug", slug},
          {"app", app_ref(app)},
          {"addon_plan_names", json::array()},
          {"artifacts", json::array()},
          {"oci_image", nullptr},
          {"output_stream_url", output_url},
          {"failure", failure},
          {"created_at", iso8601(release.created_at)},
          {"updated_at", iso8601(release.updated_at)}};
}

json formation_json(const store::FormationEntry& entry, const std::string& command,
                    const store::App& app) {
  const auto rollout =
      supervisor::Rollout::parse(entry.type, entry.max_surge, entry.max_unavailable);
  json strategy;
  if (rollout) {
    strategy = {{"max_surge", rollout->surge.str()},
                {"max_unavailable", rollout->unavailable.str()}};
  }
  json sleep_after, autoscale;
  if (entry.sleep_after_ms > 0) {
    sleep_after = format_duration(std::chrono::milliseconds(entry.sleep_after_ms));
  }
  if (entry.autoscale.max > 0) {
    autoscale = {{"min", entry.autoscale.min},
                 {"max", entry.autoscale.max},
                 {"measure", entry.autoscale.measure},
                 {"target", format_duration(std::chrono::milliseconds(entry.autoscale.target_ms))}};
  }
  return {{"id", formation_id(app.id, entry.type)},
          {"type", entry.type.str()},
          {"quantity", entry.quantity},
          {"size", shown_size(entry.size)},
          {"dyno_size", dyno_size_ref(entry.size)},
          {"command", command},
          {"strategy", strategy},
          {"sleep_after", sleep_after},
          {"autoscale", autoscale},
          {"app", app_ref(app)},
          {"created_at", iso8601(app.created_at)},
          {"updated_at", iso8601(app.updated_at)}};
}

json dyno_json(const supervisor::DynoView& dyno, const store::App& app) {
  json reason, retry_at;
  if (!dyno.reason.empty()) reason = dyno.reason;
  if (dyno.retry_at) retry_at = iso8601(*dyno.retry_at);
  return {{"id", dyno.id.str()},
          {"name", dyno.name.str()},
          {"type", dyno.name.type.str()},
          {"state", state_word(dyno.state)},
          {"size", shown_size(dyno.size)},
          {"command", dyno.command},
          {"attach_url", nullptr},
          {"release", {{"id", dyno.release.str()}, {"version", dyno.release_version}}},
          {"app", app_ref(app)},
          {"reason", reason},
          {"crashes", dyno.crashes},
          {"retry_at", retry_at},
          {"created_at", iso8601(dyno.created_at)},
          {"updated_at", iso8601(dyno.since)}};
}

namespace {

const char* stage_name(release::BuildStage stage) {
  switch (stage) {
    case release::BuildStage::preparing: return "preparing";
    case release::BuildStage::queued: return "queued";
    case release::BuildStage::building: return "building";
    case release::BuildStage::releasing: return "releasing";
  }
  return "building";
}

}  // namespace

json build_json(const BuildView& view) {
  const store::Build& build = view.build;
  json slug, release;
  if (build.slug) slug = {{"id", build.slug->str()}};
  if (build.release) release = {{"id", build.release->str()}};
  const auto said = [&](const char* key) {
    const auto found = build.source.find(key);
    return found == build.source.end() ? json() : json(found->second);
  };
  json packs;
  if (build.source.contains("buildpacks")) {
    packs = json::array();
    std::istringstream lines(build.source.at("buildpacks"));
    for (std::string line; std::getline(lines, line);) {
      packs.push_back({{"url", line}, {"name", line}});
    }
  }
  // Of a push there is no tarball: its source is the commit.
  const bool pushed = build.source.empty();
  json description = build.failure.empty() ? said("version_description") : json(build.failure);
  json stage, before;
  if (view.progress) {
    stage = stage_name(view.progress->stage);
    before = view.progress->before;
  }
  const bool ended = build.status != store::Status::pending;
  return {{"id", build.id.str()},
          {"app", {{"id", build.app.str()}}},
          // Davit's own: "preparing", "queued", "building", "releasing", and how many builds are
          // before it.
          {"stage", stage},
          {"builds_before", before},
          {"started_at", build.started_at ? json(iso8601(*build.started_at)) : json()},
          {"ended_at", ended ? json(iso8601(build.updated_at)) : json()},
          {"report", build.report.empty() ? json() : json(build.report)},
          {"buildpacks", packs},
          {"labs", json::object()},
          {"output_stream_url", view.output_url},
          {"source_blob",
           {{"checksum", said("checksum")},
            {"url", pushed ? json("") : said("url")},
            {"version", pushed ? json(build.commit.str()) : said("version")},
            {"version_description", description}}},
          {"release", release},
          {"slug", slug},
          {"stack", stack_name},
          {"status", std::string(store::to_string(build.status))},
          {"user", ref(view.user)},
          {"created_at", iso8601(build.created_at)},
          {"updated_at", iso8601(build.updated_at)}};
}

json domain_json(const store::App& app, const PlatformUrls& urls) {
  return {{"id", auth::derived_uuid("domain/" + app.id.str())},
          {"hostname", urls.app_host(app.name)},
          {"kind", "heroku"},  // the vendor's word for "given by the platform"; tools test for it
          {"cname", nullptr},
          {"status", "succeeded"},
          {"acm_status", nullptr},
          {"acm_status_reason", nullptr},
          {"sni_endpoint", nullptr},
          {"app", app_ref(app)},
          {"created_at", iso8601(app.created_at)},
          {"updated_at", iso8601(app.updated_at)}};
}

json collaborator_json(const store::App& app, const UserRef& owner) {
  json permissions = json::array();
  for (const char* name : {"deploy", "manage", "operate", "view"}) {
    permissions.push_back({{"name", name}, {"description", name}});
  }
  return {{"id", auth::derived_uuid("collaborator/" + app.id.str() + "/" + owner.id)},
          {"app", app_ref(app)},
          {"permissions", permissions},
          {"role", "owner"},
          {"user", {{"id", owner.id}, {"email", owner.email}, {"federated", false}}},
          {"created_at", iso8601(app.created_at)},
          {"updated_at", iso8601(app.created_at)}};
}

}  // namespace davit::api
