#pragma once
#include "server/api/context.hpp"

// The handlers that the table in endpoints.cpp names, by the file that has them.
namespace davit::api {

#define DAVIT_API_HANDLER(name) Task<Result<Reply>> name(Context& context, Call& call)

// account.cpp
DAVIT_API_HANDLER(account_info);
DAVIT_API_HANDLER(account_change);
DAVIT_API_HANDLER(account_rate_limits);
DAVIT_API_HANDLER(authorization_create);
DAVIT_API_HANDLER(authorization_list);
DAVIT_API_HANDLER(authorization_info);
DAVIT_API_HANDLER(authorization_delete);
DAVIT_API_HANDLER(session_delete);

// users.cpp
DAVIT_API_HANDLER(user_list);
DAVIT_API_HANDLER(user_create);
DAVIT_API_HANDLER(user_delete);

// apps.cpp, app_changes.cpp
DAVIT_API_HANDLER(app_create);
DAVIT_API_HANDLER(app_list);
DAVIT_API_HANDLER(app_list_owned);
DAVIT_API_HANDLER(app_info);
DAVIT_API_HANDLER(app_update);
DAVIT_API_HANDLER(app_delete);

// config_vars.cpp
DAVIT_API_HANDLER(config_info);
DAVIT_API_HANDLER(config_update);

// releases.cpp
DAVIT_API_HANDLER(release_list);
DAVIT_API_HANDLER(release_info);
DAVIT_API_HANDLER(release_config);
DAVIT_API_HANDLER(release_create);
DAVIT_API_HANDLER(release_output);

// formation.cpp
DAVIT_API_HANDLER(formation_list);
DAVIT_API_HANDLER(formation_info);
DAVIT_API_HANDLER(formation_batch_update);
DAVIT_API_HANDLER(formation_update);

// dynos.cpp
DAVIT_API_HANDLER(dyno_list);
DAVIT_API_HANDLER(dyno_info);
DAVIT_API_HANDLER(dyno_restart_all);
DAVIT_API_HANDLER(dyno_restart);
DAVIT_API_HANDLER(dyno_stop);
DAVIT_API_HANDLER(formation_restart);
DAVIT_API_HANDLER(formation_stop);

// runs.cpp
DAVIT_API_HANDLER(dyno_create);
DAVIT_API_HANDLER(dyno_exec);
DAVIT_API_HANDLER(run_stream);

// logs.cpp
DAVIT_API_HANDLER(log_session_create);
DAVIT_API_HANDLER(log_stream);

// metrics.cpp
DAVIT_API_HANDLER(app_metrics);

// pause.cpp
DAVIT_API_HANDLER(app_pause);
DAVIT_API_HANDLER(app_resume);

// canary.cpp
DAVIT_API_HANDLER(canary_info);
DAVIT_API_HANDLER(canary_update);
DAVIT_API_HANDLER(canary_promote);
DAVIT_API_HANDLER(canary_abort);

// cron.cpp
DAVIT_API_HANDLER(cron_list);
DAVIT_API_HANDLER(cron_run);

// routing.cpp
DAVIT_API_HANDLER(routing_info);
DAVIT_API_HANDLER(routing_update);

// features.cpp
DAVIT_API_HANDLER(feature_list);
DAVIT_API_HANDLER(feature_info);
DAVIT_API_HANDLER(feature_update);

// buildpacks.cpp
DAVIT_API_HANDLER(buildpack_list);
DAVIT_API_HANDLER(buildpack_update);

// source_builds.cpp: deploys without git
DAVIT_API_HANDLER(source_create);
DAVIT_API_HANDLER(source_upload);
DAVIT_API_HANDLER(source_download);
DAVIT_API_HANDLER(build_create);

// builds.cpp
DAVIT_API_HANDLER(build_list);
DAVIT_API_HANDLER(build_info);
DAVIT_API_HANDLER(build_cancel);
DAVIT_API_HANDLER(build_cache_delete);
DAVIT_API_HANDLER(build_output);

// catalog.cpp: what there is one of, or none yet
DAVIT_API_HANDLER(region_list);
DAVIT_API_HANDLER(region_info);
DAVIT_API_HANDLER(stack_list);
DAVIT_API_HANDLER(stack_info);
DAVIT_API_HANDLER(dyno_size_list);
DAVIT_API_HANDLER(dyno_size_info);
DAVIT_API_HANDLER(domain_list);
DAVIT_API_HANDLER(domain_info);
DAVIT_API_HANDLER(collaborator_list);
DAVIT_API_HANDLER(empty_list);
DAVIT_API_HANDLER(no_pipeline_coupling);
DAVIT_API_HANDLER(no_feature);
DAVIT_API_HANDLER(health);

// why.cpp
DAVIT_API_HANDLER(why_app);
DAVIT_API_HANDLER(why_all);

// doctor.cpp
DAVIT_API_HANDLER(doctor);

// runtimes.cpp
DAVIT_API_HANDLER(runtime_list);
DAVIT_API_HANDLER(runtime_add);
DAVIT_API_HANDLER(runtime_remove);

#undef DAVIT_API_HANDLER

}  // namespace davit::api
