#pragma once
#include <string>
#include <string_view>

#include "server/git/repository.hpp"

namespace davit::git {

// The body of GET info/refs?service=git-receive-pack (gitprotocol-http(5)). git_protocol: the
// header's value; pushing knows versions 0 and 1 only, a client that asks for 2 gets 0, as from git
// itself.
std::string advertise_refs(const Refs& refs, std::string_view git_protocol);

}  // namespace davit::git
