#include "server/api/endpoints.hpp"

#include "server/api/handlers.hpp"

namespace davit::api {
namespace {

using enum Access;

// Methods that answer by what they find come first; a literal segment stands before a parameter in
// the same place.
constexpr Endpoint table[] = {
    {"GET", "/health", open, health},

    {"GET", "/account", user, account_info},
    {"PATCH", "/account", user, account_change},
    {"GET", "/account/rate-limits", user, account_rate_limits},
    {"GET", "/account/features", user, empty_list},
    {"GET", "/account/features/:feature", user, no_feature},
    {"GET", "/account/keys", user, empty_list},
    {"GET", "/users/~", user, account_info},
    {"GET", "/users/~/apps", user, app_list_owned},
    {"POST", "/oauth/authorizations", login, authorization_create},
    {"GET", "/oauth/authorizations", user, authorization_list},
    {"GET", "/oauth/authorizations/:authorization", user, authorization_info},
    {"DELETE", "/oauth/authorizations/:authorization", user, authorization_delete},
    {"DELETE", "/oauth/sessions/:session", user, session_delete},
    {"GET", "/teams", user, empty_list},
    {"GET", "/pipelines", user, empty_list},
    {"GET", "/addons", user, empty_list},
    {"GET", "/addon-attachments", user, empty_list},
    {"GET", "/spaces", user, empty_list},

    {"GET", "/regions", user, region_list},
    {"GET", "/regions/:region", user, region_info},
    {"GET", "/stacks", user, stack_list},
    {"GET", "/stacks/:stack", user, stack_info},
    {"GET", "/dyno-sizes", user, dyno_size_list},
    {"GET", "/dyno-sizes/:size", user, dyno_size_info},

    {"POST", "/apps", user, app_create},
    {"GET", "/apps", user, app_list},
    {"GET", "/apps/:app", app, app_info},
    {"PATCH", "/apps/:app", app, app_update},
    {"DELETE", "/apps/:app", app, app_delete},
    {"GET", "/apps/:app/config-vars", app, config_info},
    {"PATCH", "/apps/:app/config-vars", app, config_update},

    {"GET", "/apps/:app/releases", app, release_list},
    {"POST", "/apps/:app/releases", app, release_create},
    {"GET", "/apps/:app/releases/:release", app, release_info},
    {"GET", "/apps/:app/releases/:release/config-vars", app, release_config},
    {"GET", "/streams/releases/:release/:signature", open, release_output},

    {"GET", "/apps/:app/formation", app, formation_list},
    {"PATCH", "/apps/:app/formation", app, formation_batch_update},
    {"GET", "/apps/:app/formation/:type", app, formation_info},
    {"PATCH", "/apps/:app/formation/:type", app, formation_update},
    {"DELETE", "/apps/:app/formations/:type", app, formation_restart},
    {"POST", "/apps/:app/formations/:type/actions/stop", app, formation_stop},

    {"GET", "/apps/:app/dynos", app, dyno_list},
    {"POST", "/apps/:app/dynos", app, dyno_create},
    {"DELETE", "/apps/:app/dynos", app, dyno_restart_all},
    {"GET", "/apps/:app/dynos/:dyno", app, dyno_info},
    {"POST", "/apps/:app/dynos/:dyno", app, dyno_exec},
    {"DELETE", "/apps/:app/dynos/:dyno", app, dyno_restart},
    {"POST", "/apps/:app/dynos/:dyno/actions/stop", app, dyno_stop},

    {"GET", "/streams/runs/:ticket", open, run_stream},

    {"POST", "/apps/:app/log-sessions", app, log_session_create},
    {"GET", "/logs/:secret", open, log_stream},

    {"GET", "/apps/:app/builds", app, build_list},
    {"POST", "/apps/:app/builds", app, build_create},
    {"GET", "/apps/:app/builds/:build", app, build_info},
    {"DELETE", "/apps/:app/builds/:build", app, build_cancel},
    {"DELETE", "/apps/:app/build-cache", app, build_cache_delete},
    {"GET", "/streams/builds/:build/:signature", open, build_output},

    {"POST", "/sources", user, source_create},
    {"POST", "/apps/:app/sources", app, source_create},
    {"PUT", "/sources/:secret", open, source_upload, Body::raw},
    {"GET", "/sources/:secret", open, source_download},

    {"GET", "/apps/:app/domains", app, domain_list},
    {"GET", "/apps/:app/domains/:domain", app, domain_info},
    {"GET", "/apps/:app/collaborators", app, collaborator_list},
    {"GET", "/apps/:app/features", app, feature_list},
    {"GET", "/apps/:app/features/:feature", app, feature_info},
    {"PATCH", "/apps/:app/features/:feature", app, feature_update},
    {"GET", "/apps/:app/metrics", app, app_metrics},
    {"POST", "/apps/:app/actions/pause", app, app_pause},
    {"POST", "/apps/:app/actions/resume", app, app_resume},
    {"GET", "/apps/:app/routing", app, routing_info},
    {"PATCH", "/apps/:app/routing", app, routing_update},
    {"GET", "/apps/:app/canary", app, canary_info},
    {"PATCH", "/apps/:app/canary", app, canary_update},
    {"POST", "/apps/:app/canary/actions/promote", app, canary_promote},
    {"POST", "/apps/:app/canary/actions/abort", app, canary_abort},
    {"GET", "/apps/:app/cron", app, cron_list},
    {"POST", "/apps/:app/cron/:job/actions/run", app, cron_run},
    {"GET", "/apps/:app/addons", app, empty_list},
    {"GET", "/apps/:app/addon-attachments", app, empty_list},
    {"GET", "/apps/:app/buildpack-installations", app, buildpack_list},
    {"PUT", "/apps/:app/buildpack-installations", app, buildpack_update},
    {"GET", "/apps/:app/log-drains", app, empty_list},
    {"GET", "/apps/:app/telemetry-drains", app, empty_list},
    {"GET", "/apps/:app/webhooks", app, empty_list},
    {"GET", "/apps/:app/sni-endpoints", app, empty_list},
    {"GET", "/apps/:app/pipeline-couplings", app, no_pipeline_coupling},

    {"GET", "/davit/why", user, why_all},
    {"GET", "/davit/why/:app", app, why_app},
    {"GET", "/davit/doctor", admin, doctor},
    {"GET", "/davit/runtimes", admin, runtime_list},
    {"POST", "/davit/runtimes", admin, runtime_add},
    {"DELETE", "/davit/runtimes/:language/:version", admin, runtime_remove},
    {"GET", "/davit/users", admin, user_list},
    {"POST", "/davit/users", admin, user_create},
    {"DELETE", "/davit/users/:user", admin, user_delete},
};

// Takes the next "/segment" off; false at the end.
bool next_segment(std::string_view& path, std::string_view& segment) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  const auto slash = path.find('/');
  segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  return true;
}

bool matches(std::string_view pattern, std::string_view path,
             std::map<std::string, std::string>& params) {
  std::string_view wanted, given;
  while (next_segment(pattern, wanted)) {
    if (!next_segment(path, given)) return false;
    if (!wanted.starts_with(':')) {
      if (wanted != given) return false;
      continue;
    }
    if (given.empty()) return false;
    params[std::string(wanted.substr(1))] = given;
  }
  return path.empty();
}

}  // namespace

std::span<const Endpoint> endpoints() { return table; }

Match find_endpoint(std::string_view method, std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const Endpoint& endpoint : table) {
    Match match{&endpoint, {}};
    if (endpoint.method == method && matches(endpoint.pattern, path, match.params)) return match;
  }
  return {};
}

}  // namespace davit::api
