#include "dyno/options.hpp"

#include <string_view>

namespace davit::dyno {

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--probe") {
      options.probe = true;
      continue;
    }
    if ((name != "--socket" && name != "--level") || i + 1 == argc) {
      return fail(Errc::invalid_argument, "'{}' is not understood\n{}", name, usage);
    }
    const std::string_view value = argv[++i];
    if (name == "--socket") {
      options.socket = value;
      continue;
    }
    for (const Level level : {Level::a, Level::b, Level::c}) {
      if (to_string(level) == value) options.level = level;
    }
    if (!options.level) return fail(Errc::invalid_argument, "--level is A, B or C");
  }
  if (!options.probe && !options.socket.starts_with('/')) {
    return fail(Errc::invalid_argument, "--socket needs an absolute path\n{}", usage);
  }
  return options;
}

}  // namespace davit::dyno
