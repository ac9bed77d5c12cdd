#pragma once

namespace davit::supervisor {

// What an app's owner may switch on, by the vendor's names.
inline constexpr const char* runtime_metrics_feature = "log-runtime-metrics";

}  // namespace davit::supervisor
