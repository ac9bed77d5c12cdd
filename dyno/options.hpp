#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "dyno/protocol/spec.hpp"

namespace davit::dyno {

struct Options {
  bool probe = false;
  std::string socket;
  std::optional<Level> level;  // nullopt: probe first
};

inline constexpr char usage[] =
    "davit-dyno --socket PATH [--level A|B|C] <SPEC.json   run one dyno\n"
    "davit-dyno --probe [--level A|B|C]                    tell how far this host lets dynos be "
    "isolated; with a level, only by which cgroups\n";

Result<Options> parse_options(int argc, char** argv);

}  // namespace davit::dyno
