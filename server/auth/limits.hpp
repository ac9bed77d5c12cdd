#pragma once
#include <chrono>
#include <cstddef>

namespace davit::auth::limits {

using namespace std::chrono_literals;

// argon2id "interactive" takes 64 MiB and about 0.1 s: two at a time fit in a 1 GB server and leave
// workers free.
inline constexpr std::size_t password_checks_at_once = 2;
// Waiting for those; beyond it a login is told to try again, instead of waiting for seconds.
inline constexpr std::size_t password_checks_waiting = 16;

// Guessing one account's password: 10 tries a quarter of an hour are 350,000 a year, far below any
// real password.
inline constexpr std::size_t account_failures_max = 10;
inline constexpr auto account_failure_window = 15min;
// Spraying one password over many accounts. Counts for everybody: also bounds the CPU that guessing
// can take.
inline constexpr std::size_t global_failures_max = 100;
inline constexpr auto global_failure_window = 1min;
inline constexpr std::size_t accounts_remembered_max = 4096;

// Verified tokens kept in memory: a busy CI and a team, 200 bytes each.
inline constexpr std::size_t cached_tokens_max = 1024;

// Every `login` makes a token that lives 30 days; a script that logs in each time must not fill the
// database.
inline constexpr std::size_t tokens_per_user_max = 500;
inline constexpr auto token_lifetime_max = std::chrono::hours(24 * 365 * 10);

inline constexpr std::size_t email_bytes_max = 254;  // RFC 5321
inline constexpr std::size_t password_bytes_min = 10;
inline constexpr std::size_t password_bytes_max = 1024;  // hashing longer ones is only work for us
inline constexpr std::size_t description_bytes_max = 256;
inline constexpr std::size_t authorization_bytes_max = 4096;

}  // namespace davit::auth::limits
