#include "server/build/source_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "base/tree_file.hpp"
#include "server/archive/unpack.hpp"
#include "server/build/limits.hpp"
#include "server/build/slugignore.hpp"
#include "server/sources/limits.hpp"

namespace davit::build {
namespace {

namespace fs = std::filesystem;

Result<SourceTree> export_commit(const BuildPaths& paths, const BuildRequest& request,
                                 const std::stop_token& stop) {
  git::ExportRequest wanted;
  wanted.source = {request.repository, request.quarantine, request.commit};
  wanted.target = paths.build_dir;
  wanted.uid = request.uid;
  wanted.limits = {limits::tree_files_max, limits::tree_bytes_max, limits::tree_depth_max};
  wanted.stop = stop;
  auto text = git::read_root_file(wanted.source, ".slugignore", limits::slugignore_bytes_max);
  if (!text) return std::move(text).error();
  auto ignore = SlugIgnore::parse(text->value_or(""));
  if (!ignore) return std::move(ignore).error();
  if (!ignore->empty()) {
    wanted.leave_out = [ignore = std::move(*ignore)](const std::string& path, bool is_directory) {
      return ignore.matches(path, is_directory);
    };
  }
  auto exported = git::export_tree(wanted);
  if (!exported) return std::move(exported).error();
  return SourceTree{exported->left_out, std::move(exported->submodules)};
}

// A tarball of one folder means what is in it: `git archive --prefix`, GitHub's own.
std::string top_of(const std::string& folder) {
  std::error_code ec;
  std::string only;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (!only.empty() || !entry.is_directory(ec) || entry.is_symlink(ec)) return folder;
    only = entry.path();
  }
  return only.empty() ? folder : only;
}

Result<> leave_out(const SlugIgnore& ignore, const fs::path& root, const std::string& relative,
                   std::size_t& count) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(root / relative, ec)) {
    const std::string name = entry.path().filename();
    const std::string path = relative.empty() ? name : relative + "/" + name;
    const bool is_directory = entry.is_directory(ec) && !entry.is_symlink(ec);
    if (ignore.matches(path, is_directory)) {
      ++count;
      DAVIT_TRY(remove_tree(entry.path()));
    } else if (is_directory) {
      DAVIT_TRY(leave_out(ignore, root, path, count));
    }
  }
  if (ec) return fail(Errc::io, "list '{}': {}", relative, ec.message());
  return {};
}

Result<SourceTree> unpack_tarball(const BuildPaths& paths, const BuildRequest& request) {
  const std::string unpacked = paths.root + "/source";
  DAVIT_TRY(make_directories(unpacked, 0700));
  archive::UnpackRequest wanted;
  wanted.file = request.archive;
  wanted.target = unpacked;
  wanted.entries_max = limits::tree_files_max;
  wanted.bytes_max = limits::tree_bytes_max;
  wanted.depth_max = limits::tree_depth_max;
  if (auto done = archive::unpack(wanted); !done) {
    return fail(done.error().code, "The source cannot be used: {}.", done.error().message);
  }
  const std::string top = top_of(unpacked);
  SourceTree tree;
  auto text = read_beneath(top, ".slugignore", limits::slugignore_bytes_max);
  if (!text) return std::move(text).error();
  auto ignore = SlugIgnore::parse(text->value_or(""));
  if (!ignore) return std::move(ignore).error();
  // No repository is part of an app, whoever packed it.
  DAVIT_TRY(remove_tree(top + "/.git"));
  if (!ignore->empty()) DAVIT_TRY(leave_out(*ignore, top, "", tree.left_out));
  DAVIT_TRY(copy_tree(top, paths.build_dir, request.uid));
  if (::chmod(paths.build_dir.c_str(), 0755) != 0) return fail_errno(errno, "chmod the source");
  DAVIT_TRY(remove_tree(unpacked));
  return tree;
}

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

Result<SourceTree> lay_out_source(const BuildPaths& paths, const BuildRequest& request,
                                  const std::stop_token& stop) {
  return request.archive.empty() ? export_commit(paths, request, stop)
                                 : unpack_tarball(paths, request);
}

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

}  // namespace davit::build
