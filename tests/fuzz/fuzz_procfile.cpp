// What a Procfile, .slugignore or bin/release may hold is up to strangers.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "server/build/procfile.hpp"
#include "server/build/slugignore.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto types = davit::build::parse_procfile(text)) {
    for (const auto& [type, command] : *types) {
      if (!davit::ProcessType::parse(type) || command.empty()) std::abort();
      if (davit::to_valid_utf8(command) != command) std::abort();
    }
  }
  if (const auto ignore = davit::build::SlugIgnore::parse(text)) {
    (void)ignore->matches("a/b/c.txt", false);
    (void)ignore->matches(text.substr(0, 200), true);
  }
  return 0;
}
