#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dyno/protocol/cgroups.hpp"

namespace davit::dynos {

// Under cgroup v2 a group that shares its controllers out to groups below it may hold no process
// itself. Where our own group can limit memory, processes or CPU, this moves the calling process
// one step down, into `davit-daemon`, and shares them out; dynos then get groups beside it. Nothing
// to do and no error where there is no v2, where it has no controllers (hybrid hosts), or where it
// is done already (systemd's DelegateSubgroup=davit-daemon). Where a unit davit-dynos.service
// stands beside ours, dynos get their groups in that one, and it is its process that moves down.
// Once, at davitd's start, before dynos are probed for and before other processes are started.
// Errors are for the log: dynos go without these limits then.
Result<> settle_in_cgroup();

// The folders for the dynos of the davitd whose sockets are in `socket_dir`, below the probed
// bases: several davitds may live in one group.
dyno::Cgroups cgroups_of_daemon(const dyno::Cgroups& bases, const std::string& socket_dir);

// What a davit-dyno that was killed left: its dyno's groups, and whatever still runs in them.
// Blocks for some milliseconds where there is something.
void remove_cgroups_of(const dyno::Cgroups& cgroups, const std::string& dyno_id);
// Ids that have a group in one of these folders.
std::vector<std::string> dynos_with_cgroups(const dyno::Cgroups& cgroups);

}  // namespace davit::dynos
