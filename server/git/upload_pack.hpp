#pragma once
#include <string>

#include "server/http/exchange.hpp"

// Clone and fetch, through the system's git: docs/decisions/0004-upload-pack-through-git.md.
namespace davit::git {

// GET info/refs?service=git-upload-pack, versions 0 to 2.
Task<> advertise_upload_pack(http::Exchange& exchange, std::string repository);

// POST git-upload-pack: streams git's answer. A client that goes away, or the time limit, kills
// git.
Task<> serve_upload_pack(http::Exchange& exchange, std::string repository);

}  // namespace davit::git
