#include "server/daemon/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <filesystem>

#include "base/files.hpp"
#include "dyno/protocol/shown_folders.hpp"

namespace davit {
namespace {

// By where it really is: /bin may be a link into /usr, and so may the data folder.
Result<> check_hidden_from_dynos(const std::string& data) {
  std::error_code ec;
  const auto real = std::filesystem::weakly_canonical(data, ec);
  if (ec) return fail_errno(ec.value(), "find '" + data + "'");
  const auto below_root = real.relative_path();
  if (below_root.empty()) return {};
  const std::string name = below_root.begin()->string();
  if (name != "etc" && !std::ranges::count(dyno::shown_folders, name)) return {};
  return fail(Errc::invalid_argument,
              "--data '{}' lies in '/{}', which every dyno may read; choose a folder elsewhere, "
              "for example below /var/lib",
              data, name);
}

}  // namespace

Result<UniqueFd> open_data_folder(const Paths& paths) {
  DAVIT_TRY(check_hidden_from_dynos(paths.data));
  // A dyno under its own uid passes through these on its way to its slug and scratch, without being
  // able to list them.
  for (const std::string& path : {paths.data, paths.slugs(), paths.builds(), paths.scratch()}) {
    DAVIT_TRY(make_directories(path, 0711));
  }
  for (const std::string& path :
       {paths.run, paths.dyno_sockets(), paths.data + "/secrets", paths.build_outputs(),
        paths.release_outputs(), paths.caches(), paths.logs(), paths.repositories()}) {
    DAVIT_TRY(make_directories(path, 0700));
  }
  auto lock = open_file(paths.lock_file(), O_RDWR | O_CREAT, 0600);
  if (!lock) return std::move(lock).error();
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return fail_errno(errno, "lock " + paths.lock_file());
  return fail(Errc::conflict, "another davitd runs on '{}'; stop it first, or use another --data",
              paths.data);
}

}  // namespace davit
