#include "server/runtimes/distribution.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace davit::runtimes {
namespace {

// LANGUAGE PATH WHAT-IT-SAYS. A Node.js needs its npm, a Python the module that makes environments.
constexpr const char* probe_script = R"sh(
say() { [ -x "$2" ] && printf '%s %s %s\n' "$1" "$2" "$("$2" $3 2>&1 </dev/null | head -n 1)"; }
for folder in /usr/local/bin /usr/bin; do
  [ -x "$folder/npm" ] && say node "$folder/node" --version
  say go "$folder/go" version
  say java "$folder/java" --version
  say deno "$folder/deno" --version
  say bun "$folder/bun" --version
  for python in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
    [ -x "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null </dev/null &&
      say python "$python" --version
  done
done
exit 0
)sh";

}  // namespace

std::vector<std::string> distribution_probe() {
  return {"/bin/bash", "-c", probe_script, "davit-probe"};
}

std::vector<Found> parse_probe(std::string_view output) {
  std::vector<Found> found;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == output.npos ? output.size() : end + 1);
    const std::size_t first = line.find(' ');
    const std::size_t second = first == line.npos ? first : line.find(' ', first + 1);
    if (second == line.npos) continue;
    const auto language = line.substr(0, first);
    const auto version = Version::find_in(line.substr(second + 1));
    if (find_language(language) == nullptr || !version) continue;
    const std::string path(line.substr(first + 1, second - first - 1));
    // python3 and python3.11 are mostly one: the first name stays.
    const bool known = std::ranges::any_of(found, [&](const Found& one) {
      return one.language == language && one.version == *version;
    });
    if (path.starts_with('/') && !known) found.push_back({std::string(language), *version, path});
  }
  return found;
}

std::string identity_of(const std::string& root, const std::string& path) {
  struct stat status {};
  if (::stat((root + path).c_str(), &status) != 0) return {};
  return fmt::format("{}-{}-{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace davit::runtimes
