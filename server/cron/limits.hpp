#pragma once
#include <chrono>
#include <cstddef>

// Limits of cron jobs, each with its reason. How many an app may have is app_json's; the least
// distance of two runs is a minute, as no schedule can say less.
namespace davit::cron::limits {

using namespace std::chrono_literals;

// Every hour's jobs of all apps come in the same minute. Each has a size's memory while it runs;
// the rest waits. Far enough below one_offs_max that `davit run` has room.
inline constexpr std::size_t at_once = 20;
// One app's jobs leave the others theirs, and one owner's too, however many apps those are.
inline constexpr std::size_t at_once_per_app = 5;
inline constexpr std::size_t at_once_per_owner = 10;
// Of all apps; what comes on top is skipped and says so. A job never waits twice.
inline constexpr std::size_t waiting_max = 1000;
inline constexpr std::size_t waiting_max_per_owner = 300;

// A night's work ends by the morning, and one that hangs gives its place back within the day.
inline constexpr auto run_time_max = 6h;

// What was due while davitd was away (an upgrade, a restart of the machine) or the queue did not
// move is started so late, once; older times are passed over.
inline constexpr auto late_max = 10min;

// Clocks that are set back by less make it wait; by more, every job begins anew from the new time.
inline constexpr auto set_back_max = 1h;

}  // namespace davit::cron::limits
