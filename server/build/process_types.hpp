#pragma once
#include <cstdint>
#include <string>

#include "server/build/procfile.hpp"

namespace davit::build {

// The pack's defaults, overridden by the Procfile name by name. Pure.
ProcessTypes merge_process_types(const ProcessTypes& procfile, const ProcessTypes& defaults);

// The vendor's lines:
//   -----> Discovering process types
//          Procfile declares types     -> web, worker
//          Default types for buildpack -> console
std::string process_types_text(const ProcessTypes& procfile, const ProcessTypes& defaults);

// "58.3M", as the vendor writes slug sizes.
std::string size_text(std::uint64_t bytes);

}  // namespace davit::build
