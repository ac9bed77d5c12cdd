#pragma once
#include <string>

#include "base/result.hpp"
#include "dyno/credentials.hpp"

namespace davit::dyno {

// Where overlay is refused: copies folders, plain files (by reflink where the file system can) and
// symbolic links, with their modes but never setuid; everything then belongs to `owner` where this
// process may give files away. Links are not followed; devices, sockets and FIFOs are left out.
// `target` must not exist.
Result<> copy_tree(const std::string& source, const std::string& target, Identity owner);

}  // namespace davit::dyno
