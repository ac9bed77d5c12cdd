#pragma once

namespace davit::supervisor {

// What an app's owner may switch on, by the vendor's names.
inline constexpr const char* runtime_metrics_feature = "log-runtime-metrics";
// Ours.
inline constexpr const char* json_router_log_feature = "json-router-log";

}  // namespace davit::supervisor
