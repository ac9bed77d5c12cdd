#include "server/build/env_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/ids.hpp"

namespace davit::build {
namespace {

Result<> own(int fd, std::optional<std::uint32_t> uid, const std::string& path) {
  if (uid && ::fchown(fd, *uid, *uid) != 0) {
    return fail_errno(errno, fmt::format("chown '{}'", path));
  }
  return {};
}

}  // namespace

Result<> write_env_dir(const std::string& path, const std::map<std::string, std::string>& config,
                       std::optional<std::uint32_t> uid) {
  if (::mkdir(path.c_str(), 0700) != 0) return fail_errno(errno, fmt::format("mkdir '{}'", path));
  auto folder = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder) return std::move(folder).error();
  for (const auto& [name, value] : config) {
    // A key becomes a file name: what was stored long ago is checked once more.
    if (!ConfigKey::parse(name)) {
      return fail(Errc::invalid_argument, "config var \"{}\" has no valid name; unset it",
                  printable(name, 80));
    }
    UniqueFd fd(::openat(folder->get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return fail_errno(errno, fmt::format("create '{}/{}'", path, name));
    DAVIT_TRY(write_all(fd.get(), value));
    DAVIT_TRY(own(fd.get(), uid, path));
  }
  return own(folder->get(), uid, path);
}

}  // namespace davit::build
