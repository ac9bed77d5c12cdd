#pragma once
#include <cstddef>

// Limits on what a release carries, each with its reason.
namespace davit::release::limits {

inline constexpr std::size_t config_vars_max = 512;  // an environment that tools can still print

// Config vars of one app, keys and values together (the vendor's limit is 64 KB): they become an
// environment, and execve(2) accepts 128 KB a string.
inline constexpr std::size_t config_bytes_max = 64 * 1024;

}  // namespace davit::release::limits
