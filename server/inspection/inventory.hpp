#pragma once
#include <string>
#include <vector>

#include "server/dynos/dyno_process.hpp"
#include "server/inspection/finding.hpp"

namespace davit::inspection {

// Where things of dynos and builds are on this host.
struct Places {
  std::string dyno_program;  // davit-dyno
  std::string dyno_sockets;
  std::string scratch;
  std::string builds;
};

// All that is there, whoever it belongs to. What cannot be read is not there. Blocking, some
// milliseconds; any thread.
std::vector<Finding> take_inventory(const Places& places, const dynos::Launcher& launcher);

// The mounts below one of these folders, from the text of /proc/self/mountinfo. Pure.
std::vector<Finding> mounts_below(const std::vector<std::string>& folders,
                                  std::string_view mountinfo);
// The dyno's id in a davit-dyno's command line as /proc has it, when its socket is in the folder;
// else empty. Pure.
std::string dyno_of(std::string_view command_line, const Places& places);

// Ends or removes a leftover that is not a dyno. Blocking; any thread.
Result<> remove(const Finding& leftover, const Places& places, const dynos::Launcher& launcher);

}  // namespace davit::inspection
