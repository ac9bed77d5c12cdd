#pragma once
#include <string>
#include <string_view>

namespace davit::build {

// The vendor's stack whose prebuilt binaries run on this C library ("2.36" -> "heroku-22"): a pack
// downloads by it.
std::string stack_for_glibc(std::string_view version);

// Of the system folders below `root` ("" for this host's own). Where its C library cannot be told,
// the oldest stack. Blocking.
std::string stack_of(const std::string& root);

}  // namespace davit::build
