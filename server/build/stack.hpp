#pragma once
#include <string>
#include <string_view>

namespace davit::build {

// The vendor's stack whose prebuilt binaries run on this C library ("2.36" -> "heroku-22"): a pack
// downloads by it.
std::string stack_for_glibc(std::string_view version);

// This host's.
std::string host_stack();

}  // namespace davit::build
