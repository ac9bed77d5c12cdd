#include "server/build/buildpacks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/copy_tree.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/unique_dir.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

bool is_pack_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Third-party packs ship some scripts as 0644 (clojure, gradle, scala).
// A pack may be anybody's: its bin must be a folder, no link to one of the host's.
Result<> make_scripts_executable(const std::string& bin) {
  auto opened = open_file(bin, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened) return fail(Errc::not_found, "the buildpack has no folder '{}'", bin);
  const UniqueDir dir(::fdopendir(opened->get()));
  if (!dir) return fail_errno(errno, fmt::format("list '{}'", bin));
  const int folder = opened->release();
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat status {};
    if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    if (::fchmodat(folder, entry->d_name, 0755, 0) != 0) {
      return fail_errno(errno, fmt::format("chmod '{}/{}'", bin, printable(entry->d_name, 80)));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> parse_order(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!is_pack_name(line)) {
      return fail(Errc::invalid_argument, "order, line {}: \"{}\" is no pack's folder name", number,
                  printable(line, 80));
    }
    if (std::find(names.begin(), names.end(), line) != names.end()) {
      return fail(Errc::invalid_argument, "order, line {}: \"{}\" is named twice", number, line);
    }
    names.emplace_back(line);
  }
  return names;
}

Result<std::vector<Pack>> bundled_packs(const std::string& folder) {
  auto text = read_file(folder + "/order", limits::order_file_bytes_max);
  if (!text) return std::move(text).error();
  auto names = parse_order(*text);
  if (!names) return std::move(names).error();
  std::vector<Pack> packs;
  for (const std::string& name : *names) packs.push_back({name, folder + "/" + name});
  return packs;
}

Result<> copy_pack(const Pack& pack, const std::string& target, const CopyOptions& options) {
  DAVIT_TRY(copy_tree(pack.source, target, options));
  // Installed packs may be read-only; the build's copy must not be.
  if (::chmod(target.c_str(), 0755) != 0) {
    return fail_errno(errno, fmt::format("chmod '{}'", target));
  }
  DAVIT_TRY(make_scripts_executable(target + "/bin"));
  if (::unlink((target + "/export").c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, fmt::format("remove '{}/export'", target));
  }
  return {};
}

}  // namespace davit::build
