#pragma once
#include <string>

#include "server/network/prefix.hpp"

namespace davit::network {

// One small question to a name server (the address of "localhost", which every one answers by
// itself, RFC 6761): whoever gets any answer has a working way to it and back.

// From the host. Blocks up to limits::name_query_timeout.
bool host_gets_answer(const Prefix& resolver);

// A bash script that asks the same and ends with 0 if an answer came.
std::string name_query_script(const Prefix& resolver);

}  // namespace davit::network
