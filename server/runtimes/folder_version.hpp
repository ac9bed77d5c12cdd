#pragma once
#include <string>

#include "base/result.hpp"
#include "server/runtimes/runtime.hpp"

namespace davit::runtimes {

// The version of an unpacked runtime, from the files that vendors put there: nothing of it is
// started. not_found names the file that is missing. Blocking.
Result<Version> version_of_folder(const Language& language, const std::string& folder);

// The real path of a folder that an admin names; forbidden where dynos could not read it anyway:
// what is copied into the store is shown to every app. Blocking.
Result<std::string> check_folder(const std::string& folder);

}  // namespace davit::runtimes
