#pragma once
#include <memory>
#include <string>

#include "server/dynos/dyno_process.hpp"
#include "server/dynos/held_dynos.hpp"
#include "server/dynos/session_link.hpp"

namespace davit::dynos {

// Connects to a davit-dyno's control socket and reads its Status. Errors: not_found (no socket, or
// nobody behind it), timeout, corrupt (it is not the dyno `id`, or not the process that its status
// names). What comes out keeps `hold`. io thread; cancellable.
Task<Result<std::unique_ptr<DynoProcess>>> connect_to_dyno(std::string socket_dir, std::string id,
                                                           HeldDynos::Hold hold);

// A connection that becomes the other end of a command by `request`, dyno::Attach or dyno::Exec.
Task<Result<std::unique_ptr<SessionLink>>> connect_session(std::string socket_dir, std::string id,
                                                           dyno::Command request,
                                                           HeldDynos::Hold hold);

std::string socket_name(const std::string& id);
std::string door_name(const std::string& id);  // base/door.hpp

}  // namespace davit::dynos
