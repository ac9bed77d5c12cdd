#include "dyno/protocol/usage.hpp"

#include "dyno/protocol/fields.hpp"

namespace davit::dyno {
namespace {

struct Member {
  const char* name;
  std::uint64_t Usage::*value;
};

constexpr Member members[] = {{"memory_rss_bytes", &Usage::memory_rss_bytes},
                              {"memory_cache_bytes", &Usage::memory_cache_bytes},
                              {"memory_peak_bytes", &Usage::memory_peak_bytes},
                              {"memory_quota_bytes", &Usage::memory_quota_bytes},
                              {"memory_high_hits", &Usage::memory_high_hits},
                              {"swap_bytes", &Usage::swap_bytes},
                              {"oom_kills", &Usage::oom_kills},
                              {"cpu_micros", &Usage::cpu_micros},
                              {"cpu_throttled_micros", &Usage::cpu_throttled_micros},
                              {"processes", &Usage::processes},
                              {"process_limit_hits", &Usage::process_limit_hits},
                              {"disk_bytes", &Usage::disk_bytes},
                              {"disk_quota_bytes", &Usage::disk_quota_bytes}};

}  // namespace

Result<Usage> Usage::from_json(const nlohmann::json& json) {
  Usage usage;
  Fields fields(json, "usage");
  for (const auto& member : members) fields.number(member.name, usage.*member.value);
  DAVIT_TRY(fields.result());
  return usage;
}

nlohmann::json Usage::to_json() const {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& member : members) out[member.name] = this->*member.value;
  return out;
}

}  // namespace davit::dyno
