#pragma once
#include <string_view>

namespace davit::dyno {

// Folders of the host's root that every dyno sees at the same path, read-only (levels A and B);
// those that the host lacks are left out. Of /etc it sees chosen entries. What dynos must not read
// lies elsewhere.
inline constexpr std::string_view shown_folders[] = {"bin",   "sbin",   "lib", "lib32",
                                                     "lib64", "libx32", "usr", "opt"};

}  // namespace davit::dyno
