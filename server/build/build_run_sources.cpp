// How a build gets what is not in the pushed commit: packs and submodules.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <filesystem>

#include "base/copy_tree.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/run_blocking.hpp"
#include "base/tree_file.hpp"
#include "server/build/build_run.hpp"
#include "server/build/source_tree.hpp"
#include "server/sources/limits.hpp"
#include "server/sources/sources.hpp"

namespace davit::build {
namespace {

namespace fs = std::filesystem;

std::string what_to_do(const Error& error, const sources::Source& source) {
  if (error.code == Errc::unavailable || error.code == Errc::timeout) {
    return source.kind == sources::Source::Kind::git
               ? "\nA buildpack that is pinned to a commit (#COMMIT) and was used before builds "
                 "without a network."
               : "";
  }
  if (error.code == Errc::not_found) {
    return "\nIs the address right, and the repository public? A private one takes "
           "https://USER:TOKEN@HOST/….";
  }
  return "";
}

// An archive of one folder, as GitHub packs it, means what is in it.
std::string pack_root(const std::string& folder) {
  std::error_code ec;
  if (fs::is_directory(folder + "/bin", ec)) return folder;
  std::string inner;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (!entry.is_directory(ec) || entry.is_symlink(ec)) continue;
    if (!inner.empty()) return folder;
    inner = entry.path();
  }
  return fs::is_directory(inner + "/bin", ec) ? inner : folder;
}

Error submodule_error(const git::Submodule& module, const std::string& why) {
  return fail(Errc::invalid_argument,
              "The submodule '{}' cannot be fetched: {}.\n"
              "Submodules come over https://, with a token in the address where they are private "
              "(.gitmodules).\n"
              "One that the app does not need is left out by a line in .slugignore.",
              printable(module.path, 200), why);
}

// Takes the place of an empty folder. We may be root, and whoever wrote the tree chose the path: it
// is resolved beneath the root and nowhere else.
Result<> put_submodule(const std::string& from, const std::string& root, const std::string& path,
                       std::optional<std::uint32_t> uid) {
  const std::size_t slash = path.rfind('/');
  const std::string name = path.substr(slash == path.npos ? 0 : slash + 1);
  const auto top = open_file(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) return top.error();
  const auto parent = open_beneath(top->get(), slash == path.npos ? "." : path.substr(0, slash),
                                   O_RDONLY | O_DIRECTORY);
  if (!parent) return parent.error();
  if (::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) != 0) {
    return fail_errno(errno, "make room for a submodule");
  }
  return copy_tree(from, fmt::format("/proc/self/fd/{}/{}", parent->get(), name), uid);
}

}  // namespace

Task<Result<>> BuildRun::fetch_packs(Selection& selection) {
  if (!selection.set_by.empty()) {
    co_await say(fmt::format("-----> Using buildpacks set by {}\n", selection.set_by));
  }
  for (Pack& pack : selection.packs) {
    if (!pack.wanted) continue;
    auto source = *pack.wanted;
    auto tree = co_await services_.sources.get(source);
    if (!tree) {
      const Error& error = tree.error();
      co_return fail(error.code, "The buildpack {} cannot be used: {}.{}", pack.shown,
                     error.message, what_to_do(error, *pack.wanted));
    }
    pack.source = pack_root(tree->folder);
    pack.lease = std::move(tree->lease);
    pack.version = tree->version;
    if (::access((pack.source + "/bin/compile").c_str(), F_OK) != 0) {
      co_return fail(Errc::not_found,
                     "The buildpack {} has no bin/compile: is it a buildpack of the classic kind?",
                     pack.shown);
    }
  }
  co_return Result<>();
}

Task<Result<>> BuildRun::fetch_submodules(std::vector<git::Submodule> modules, std::string root,
                                          std::size_t depth) {
  if (modules.empty()) co_return Result<>();
  if (depth >= sources::limits::submodules_depth_max) {
    co_return submodule_error(modules[0], "submodules nest too deep");
  }
  auto read = [root] {
    return read_beneath(root, ".gitmodules", sources::limits::gitmodules_bytes_max);
  };
  const auto text = co_await run_blocking(services_.pool, std::move(read));
  if (!text) co_return text.error();
  const auto urls = parse_gitmodules(text->value_or(""));
  if (!urls) co_return urls.error();
  for (const git::Submodule& module : modules) {
    if (++submodules_ > sources::limits::submodules_max) {
      co_return submodule_error(
          module, fmt::format("there are more than {}", sources::limits::submodules_max));
    }
    const auto url = urls->find(module.path);
    if (url == urls->end()) co_return submodule_error(module, ".gitmodules does not name it");
    auto source =
        sources::Source::parse(url->second + "#" + module.commit, services_.sources.rules());
    const bool relative = url->second.starts_with('.');
    if (relative || !source || source->kind == sources::Source::Kind::bundled ||
        source->kind == sources::Source::Kind::archive) {
      co_return submodule_error(module, relative || source
                                            ? "its address is no https:// address of a repository"
                                            : source.error().message);
    }
    co_await say(fmt::format("-----> Fetching submodule {}\n", printable(module.path, 200)));
    auto wanted = *source;
    const auto tree = co_await services_.sources.get(std::move(wanted));
    if (!tree) co_return submodule_error(module, tree.error().message);
    const std::string target = root + "/" + module.path;
    auto put = [from = tree->folder, root, path = module.path, uid = request_.uid] {
      return put_submodule(from, root, path, uid);
    };
    const auto done = co_await run_blocking(services_.pool, std::move(put));
    if (!done) co_return done.error();
    auto inner = tree->submodules;
    const auto nested = co_await fetch_submodules(std::move(inner), target, depth + 1);
    if (!nested) co_return nested.error();
  }
  co_return Result<>();
}

}  // namespace davit::build
