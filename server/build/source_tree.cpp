#include "server/build/source_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "base/tree_file.hpp"
#include "server/archive/unpack.hpp"
#include "server/build/limits.hpp"
#include "server/build/slugignore.hpp"

namespace davit::build {
namespace {

namespace fs = std::filesystem;

// Beside the limits, which speak of the commit or the archive: the disk.
TreeBudget tree_budget(const BuildPaths& paths, const BuildRequest& request) {
  return {paths.root, {limits::tree_bytes_max, limits::tree_files_max, request.disk_reserve_bytes}};
}

Result<SourceTree> export_commit(const BuildPaths& paths, const BuildRequest& request,
                                 const std::stop_token& stop) {
  git::ExportRequest wanted;
  wanted.source = {request.repository, request.quarantine, request.commit};
  wanted.target = paths.build_dir;
  wanted.uid = request.uid;
  wanted.limits = {limits::tree_files_max, limits::tree_bytes_max, limits::tree_depth_max};
  wanted.stop = stop;
  TreeBudget budget = tree_budget(paths, request);
  wanted.budget = &budget;
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
                   std::size_t& count, const std::stop_token& stop) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(root / relative, ec)) {
    if (stop.stop_requested()) return fail(Errc::cancelled, "the build was stopped");
    const std::string name = entry.path().filename();
    const std::string path = relative.empty() ? name : relative + "/" + name;
    const bool is_directory = entry.is_directory(ec) && !entry.is_symlink(ec);
    if (ignore.matches(path, is_directory)) {
      ++count;
      DAVIT_TRY(remove_tree(entry.path()));
    } else if (is_directory) {
      DAVIT_TRY(leave_out(ignore, root, path, count, stop));
    }
  }
  if (ec) return fail(Errc::io, "list '{}': {}", relative, ec.message());
  return {};
}

Result<SourceTree> unpack_tarball(const BuildPaths& paths, const BuildRequest& request,
                                  const std::stop_token& stop) {
  const std::string unpacked = paths.root + "/source";
  DAVIT_TRY(make_directories(unpacked, 0700));
  archive::UnpackRequest wanted;
  wanted.file = request.archive;
  wanted.target = unpacked;
  wanted.entries_max = limits::tree_files_max;
  wanted.bytes_max = limits::tree_bytes_max;
  wanted.depth_max = limits::tree_depth_max;
  wanted.stop = stop;
  TreeBudget unpacking = tree_budget(paths, request);
  wanted.budget = &unpacking;
  if (auto done = archive::unpack(wanted); !done) {
    if (done.error().code == Errc::cancelled) return done.error();
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
  if (!ignore->empty()) DAVIT_TRY(leave_out(*ignore, top, "", tree.left_out, stop));
  TreeBudget copying = tree_budget(paths, request);
  DAVIT_TRY(copy_tree(top, paths.build_dir, {request.uid, stop, &copying}));
  if (::chmod(paths.build_dir.c_str(), 0755) != 0) return fail_errno(errno, "chmod the source");
  DAVIT_TRY(remove_tree(unpacked));
  return tree;
}

}  // namespace

Result<SourceTree> lay_out_source(const BuildPaths& paths, const BuildRequest& request,
                                  const std::stop_token& stop) {
  return request.archive.empty() ? export_commit(paths, request, stop)
                                 : unpack_tarball(paths, request, stop);
}

}  // namespace davit::build
