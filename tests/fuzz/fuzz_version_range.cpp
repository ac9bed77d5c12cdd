// Versions and ranges come out of strangers' package.json and out of vendors' lists.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/runtimes/range.hpp"

using davit::runtimes::Range;
using davit::runtimes::Version;

namespace {

// What a range says about itself is a range that admits the same.
void check(const Range& range, const Version& version) {
  const auto again = Range::parse(range.str());
  if (again && again->admits(version) != range.admits(version)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const auto version = Version::parse(text.substr(0, line));
  if (version) {
    const auto again = Version::parse(version->str());
    if (!again || *again != *version) std::abort();
  }
  (void)Version::find_in(text);
  const std::string_view rest = line == text.npos ? text : text.substr(line + 1);
  const Version probe = version.value_or(Version{20, 11, 1, {}});
  if (const auto range = Range::parse(rest)) check(*range, probe);
  if (const auto range = Range::parse_python(rest)) check(*range, probe);
  return 0;
}
