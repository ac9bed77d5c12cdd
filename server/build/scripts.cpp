#include "server/build/scripts.hpp"

namespace davit::build {
namespace {

std::vector<std::string> bash(const char* script) {
  return {"/bin/bash", "-c", script, "davit-build"};
}

// Everywhere: standard input is /dev/null (packs read it by mistake), and the working directory is
// the pack's root.

constexpr const char* detect_any_script = R"(
_davit_build=$1
shift
_davit_number=0
_davit_found=
for _davit_pack; do
  if _davit_name=$(cd "$_davit_pack" && exec ./bin/detect "$_davit_build" 2>/dev/null </dev/null); then
    if [ -z "$_davit_found" ]; then _davit_title=$_davit_name; fi
    _davit_found="$_davit_found $_davit_number"
  fi
  _davit_number=$((_davit_number + 1))
done
if [ -z "$_davit_found" ]; then exit 1; fi
printf '%s\n%s\n' "${_davit_found# }" "$_davit_title"
)";

constexpr const char* detect_one_script = R"(
cd "$1" || exit 1
exec "$1/bin/detect" "$2" 2>"$3" </dev/null
)";

// Names that an `export` file is unlikely to set by accident, and not exported themselves.
constexpr const char* compile_script = R"(
_davit_pack=$1 _davit_build=$2 _davit_cache=$3 _davit_env=$4
shift 4
for _davit_export; do
  if [ -f "$_davit_export" ]; then . "$_davit_export" </dev/null; fi
done
cd "$_davit_pack" || exit 1
exec "$_davit_pack/bin/compile" "$_davit_build" "$_davit_cache" "$_davit_env" </dev/null 2>&1
)";

constexpr const char* runtimes_script = R"(
cd "$1" || exit 1
exec "$1/bin/runtimes" "$2" "$3" </dev/null
)";

constexpr const char* release_script = R"(
cd "$1" || exit 1
exec "$1/bin/release" "$2" 2>/dev/null </dev/null
)";

constexpr const char* report_script = R"(
cd "$1" || exit 1
exec "$1/bin/report" "$2" "$3" "$4" 2>/dev/null </dev/null
)";

}  // namespace

std::vector<std::string> detect_any_command(const std::string& build_dir,
                                            const std::vector<std::string>& packs) {
  auto argv = bash(detect_any_script);
  argv.push_back(build_dir);
  argv.insert(argv.end(), packs.begin(), packs.end());
  return argv;
}

std::vector<std::string> detect_one_command(const PackDirs& dirs, const std::string& stderr_file) {
  auto argv = bash(detect_one_script);
  argv.insert(argv.end(), {dirs.pack, dirs.build_dir, stderr_file});
  return argv;
}

std::vector<std::string> compile_command(const PackDirs& dirs,
                                         const std::vector<std::string>& exports) {
  auto argv = bash(compile_script);
  argv.insert(argv.end(), {dirs.pack, dirs.build_dir, dirs.cache_dir, dirs.env_dir});
  argv.insert(argv.end(), exports.begin(), exports.end());
  return argv;
}

std::vector<std::string> runtimes_command(const PackDirs& dirs) {
  auto argv = bash(runtimes_script);
  argv.insert(argv.end(), {dirs.pack, dirs.build_dir, dirs.env_dir});
  return argv;
}

std::vector<std::string> report_command(const PackDirs& dirs) {
  auto argv = bash(report_script);
  argv.insert(argv.end(), {dirs.pack, dirs.build_dir, dirs.cache_dir, dirs.env_dir});
  return argv;
}

std::vector<std::string> release_command(const PackDirs& dirs) {
  auto argv = bash(release_script);
  argv.insert(argv.end(), {dirs.pack, dirs.build_dir});
  return argv;
}

}  // namespace davit::build
