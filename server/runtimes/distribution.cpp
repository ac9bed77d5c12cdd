#include "server/runtimes/distribution.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace davit::runtimes {
namespace {

// Prints LANGUAGE PATH WHAT-IT-SAYS for each of its arguments that is there. A Node.js needs its
// npm, a Python the module that makes environments, a Java its compiler. Where a file tells the
// version, nothing is started: a virtual machine takes half a second for it.
constexpr const char* probe_script = R"sh(
say() { [ -x "$2" ] && printf '%s %s %s\n' "$1" "$2" "$("$2" $3 2>&1 </dev/null | head -n 1)"; }
tell() { [ -x "$2" ] && printf '%s %s %s\n' "$1" "$2" "$3"; }
shopt -s nullglob
for language; do
  case $language in
    java)
      for home in /usr/lib/jvm/*; do
        [ ! -L "$home" ] && [ -x "$home/bin/javac" ] && tell java "$home/bin/java" \
          "$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$home/release" 2>/dev/null)"
      done
      ;;
    go)
      for folder in /usr/local/go/bin /usr/local/bin /usr/bin /usr/lib/go-*/bin; do
        say go "$folder/go" version
      done
      ;;
    elixir)
      for folder in /usr/local /usr; do
        tell elixir "$folder/bin/elixir" "$(sed -n 's/.*{vsn,"\(.*\)"}.*/\1/p' \
          "$folder/lib/elixir/lib/elixir/ebin/elixir.app" 2>/dev/null)"
      done
      ;;
  esac
  for folder in /usr/local/bin /usr/bin; do
    case $language in
      node) [ -x "$folder/npm" ] && say node "$folder/node" --version ;;
      deno | bun) say "$language" "$folder/$language" --version ;;
      rust) [ -x "$folder/rustc" ] && say rust "$folder/cargo" --version ;;
      python)
        for python in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
          "$python" -c 'import venv, ensurepip' 2>/dev/null </dev/null &&
            say python "$python" --version
        done
        ;;
      ruby) for ruby in "$folder"/ruby "$folder"/ruby[0-9].[0-9]; do say ruby "$ruby" '-e print(RUBY_VERSION)'; done ;;
      php) for php in "$folder"/php "$folder"/php[0-9].[0-9]; do say php "$php" --version; done ;;
      perl) say perl "$folder/perl" '-e printf("%vd",$^V)' ;;
    esac
  done
done
exit 0
)sh";

}  // namespace

std::vector<std::string> distribution_probe(const std::vector<std::string>& languages) {
  std::vector<std::string> argv = {"/bin/bash", "-c", probe_script, "davit-probe"};
  argv.insert(argv.end(), languages.begin(), languages.end());
  return argv;
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
