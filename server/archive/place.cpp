#include "server/archive/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/encoding.hpp"

namespace davit::archive {
namespace {

Error bad_path(std::string_view path, std::string_view why) {
  return fail(Errc::corrupt, "the archive holds \"{}\", {}", printable(path, 200), why);
}

}  // namespace

Result<Place> place_of(std::string_view path, std::size_t strip, std::size_t depth_max) {
  if (path.size() >= PATH_MAX) return bad_path(path, "a path that is too long");
  if (path.find('\0') != path.npos) return bad_path(path, "a path with a NUL byte");
  if (path.starts_with('/')) return bad_path(path, "an absolute path");
  Place place;
  std::string_view left = path;
  while (!left.empty()) {
    const std::size_t slash = left.find('/');
    const std::string_view name = left.substr(0, slash);
    left.remove_prefix(slash == left.npos ? left.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") return bad_path(path, "a path that leads out of it");
    if (name.size() > NAME_MAX) return bad_path(path, "a name that is too long");
    if (strip > 0) {
      --strip;
      continue;
    }
    place.emplace_back(name);
    if (place.size() > depth_max) return bad_path(path, "a path that is too deep");
  }
  return place;
}

Result<> check_link(const Place& from, std::string_view target) {
  if (target.empty() || target.starts_with('/') || target.size() >= PATH_MAX ||
      target.find('\0') != target.npos) {
    return bad_path(target, "a link that leads out of it");
  }
  std::size_t depth = from.size() - 1;
  std::string_view left = target;
  while (!left.empty()) {
    const std::size_t slash = left.find('/');
    const std::string_view name = left.substr(0, slash);
    left.remove_prefix(slash == left.npos ? left.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      ++depth;
    } else if (depth-- == 0) {
      return bad_path(target, "a link that leads out of it");
    }
  }
  return {};
}

Result<UniqueFd> open_parent(int root, const Place& place) {
  UniqueFd folder(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; folder && i + 1 < place.size(); ++i) {
    if (::mkdirat(folder.get(), place[i].c_str(), 0755) != 0 && errno != EEXIST) {
      return fail_errno(errno, fmt::format("make folder '{}'", printable(place[i], 200)));
    }
    folder = UniqueFd(
        ::openat(folder.get(), place[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder && (errno == ELOOP || errno == ENOTDIR)) {
      return bad_path(place[i], "both as a folder and as something else");
    }
  }
  if (!folder) return fail_errno(errno, "open a folder of the archive");
  return folder;
}

}  // namespace davit::archive
