#include "server/build/slug.hpp"

#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/files.hpp"
#include "base/tree_file.hpp"
#include "server/build/process_types.hpp"

namespace davit::build {

Result<SlugSize> measure_slug(const std::string& path, std::uint64_t soft_max,
                              std::uint64_t hard_max) {
  auto bytes = tree_bytes(path);
  if (!bytes) return std::move(bytes).error();
  if (*bytes > hard_max) {
    return fail(Errc::too_large,
                "Compiled slug size: {} is too large (max is {}). Keep large files out of git, "
                "name them in .slugignore, or prune dependencies in the build",
                size_text(*bytes), size_text(hard_max));
  }
  return SlugSize{*bytes, *bytes > soft_max};
}

Result<> SlugStore::take(const std::string& build_dir, const SlugId& id) const {
  DAVIT_TRY(check_real_directory(build_dir));
  DAVIT_TRY(make_directories(folder_, 0700));
  const std::string target = path_of(id);
  if (::rename(build_dir.c_str(), target.c_str()) != 0) {
    return fail_errno(errno, fmt::format("move the slug to '{}'", target));
  }
  return {};
}

Result<> SlugStore::remove(const SlugId& id) const {
  if (id.empty()) return fail(Errc::invalid_argument, "no slug named to remove");
  return remove_tree(path_of(id));
}

}  // namespace davit::build
