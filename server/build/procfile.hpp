#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::build {

using ProcessTypes = std::map<std::string, std::string>;  // type -> command

// Pure. One `type: command` a line; blank lines and lines that start with `#` are skipped; CRLF and
// a UTF-8 byte order mark are accepted. Anything else is an error that names the line: a type that
// silently does not exist costs its owner an hour. The command is kept as written; bash gets it.
Result<ProcessTypes> parse_procfile(std::string_view text);

}  // namespace davit::build
