#pragma once
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "server/paths.hpp"

namespace davit {

// Makes the folders of docs/ARCHITECTURE.md "On disk" (0700, those that dynos mount from 0711) and
// takes the lock that keeps a second davitd out. Holds it as long as the descriptor lives.
// conflict: another one runs. invalid_argument: dynos would see the folder.
Result<UniqueFd> open_data_folder(const Paths& paths);

}  // namespace davit
