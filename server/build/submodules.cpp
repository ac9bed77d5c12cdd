#include "server/build/submodules.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/tree_file.hpp"
#include "server/sources/limits.hpp"

namespace davit::build {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r").find(text.front()) != text.npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::string_view(" \t\r").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_gitmodules(const std::string& text) {
  std::map<std::string, std::string> urls;
  std::string path, url;
  const auto keep = [&] {
    if (!path.empty() && !url.empty()) urls[path] = url;
    path.clear();
    url.clear();
  };
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    const std::string_view line = trimmed(left.substr(0, end));
    left.remove_prefix(end == left.npos ? left.size() : end + 1);
    if (line.starts_with('[')) keep();
    const std::size_t equals = line.find('=');
    if (equals == line.npos || line.starts_with('#') || line.starts_with(';')) continue;
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key == "path") path = value;
    if (key == "url") url = value;
  }
  keep();
  if (urls.size() > sources::limits::submodules_max) {
    return fail(Errc::limit_exceeded, "The app has more than {} submodules.",
                sources::limits::submodules_max);
  }
  return urls;
}

// Nothing of the app's runs yet, so the folder that is opened stays the one that was meant.
Result<> put_submodule(const std::string& from, const std::string& root, const std::string& path,
                       const CopyOptions& options) {
  const std::size_t slash = path.rfind('/');
  const std::string name = path.substr(slash == path.npos ? 0 : slash + 1);
  const auto top = open_file(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) return top.error();
  const auto parent = open_beneath(top->get(), slash == path.npos ? "." : path.substr(0, slash),
                                   O_RDONLY | O_DIRECTORY);
  if (!parent) return parent.error();
  if (name.empty() || name == "." || name == "..") {
    return fail(Errc::forbidden, "its path leads out of the app");
  }
  if (::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) != 0) {
    return fail_errno(errno, "make room for a submodule");
  }
  return copy_tree(from, fmt::format("/proc/self/fd/{}/{}", parent->get(), name), options);
}

Error submodule_error(const git::Submodule& module, const Error& why) {
  return fail(why.code,
              "The submodule '{}' cannot be fetched: {}.\n"
              "Submodules come over https://, with a token in the address where they are private "
              "(.gitmodules).\n"
              "One that the app does not need is left out by a line in .slugignore.",
              printable(module.path, 200), why.message);
}

}  // namespace davit::build
