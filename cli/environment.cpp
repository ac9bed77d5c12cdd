#include "cli/environment.hpp"

#include <pwd.h>
#include <unistd.h>

#include "base/process.hpp"

namespace davit::cli {

std::string Environment::get(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

Result<std::filesystem::path> Environment::config_dir() const {
  // The XDG specification: a relative path is invalid and to be ignored.
  const std::filesystem::path xdg = get("XDG_CONFIG_HOME");
  if (xdg.is_absolute()) return xdg / "davit";
  std::filesystem::path home = get("HOME");
  if (!home.is_absolute()) {
    // Only one thread yet: getpwuid's static buffer is ours.
    const passwd* user = ::getpwuid(::getuid());
    if (user == nullptr || user->pw_dir == nullptr) {
      return fail(Errc::not_found, "no home folder for user {}; set HOME", ::getuid());
    }
    home = user->pw_dir;
  }
  return home / ".config" / "davit";
}

Result<std::string> Environment::find_program(const std::string& name) const {
  std::string path = get("PATH");
  if (path.empty()) path = "/usr/local/bin:/usr/bin:/bin";
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    // Relative entries are skipped: a repository must not decide which program runs.
    if (folder.starts_with('/')) {
      const std::string candidate = folder + "/" + name;
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    begin = end + 1;
  }
  return fail(Errc::not_found,
              "'{0}' is not installed (not in PATH); install it: apt-get install {0}", name);
}

Environment read_environment() {
  Environment environment;
  environment.variables = current_environment();
  std::error_code ec;
  environment.self = std::filesystem::read_symlink("/proc/self/exe", ec);
  return environment;
}

}  // namespace davit::cli
