// How a build gets what is not in the pushed commit: packs and submodules.
#include <unistd.h>

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "base/encoding.hpp"
#include "base/run_abandonable.hpp"
#include "base/run_blocking.hpp"
#include "base/tree_file.hpp"
#include "server/build/build_run.hpp"
#include "server/build/limits.hpp"
#include "server/build/submodules.hpp"
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

}  // namespace

Task<Result<>> BuildRun::fetch_packs(Selection& selection) {
  if (!selection.set_by.empty()) {
    co_await say(fmt::format("-----> Using buildpacks set by {}\n", selection.set_by));
  }
  for (Pack& pack : selection.packs) {
    if (!pack.wanted) continue;
    sources::Wanted wanted{*pack.wanted, request_.app.str(), budget_.left()};
    auto tree = co_await services_.sources.get(std::move(wanted));
    if (!tree && tree.error().code == Errc::cancelled) co_return tree.error();
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

Task<Result<>> BuildRun::copy_packs(std::vector<Pack> packs) {
  for (const Pack& pack : packs) {
    auto copy = [this, pack](const std::stop_token& stop) {
      return copy_pack(pack, paths_.pack(pack.name), {request_.uid, stop, &budget_});
    };
    const auto copied = co_await run_stoppable(services_.pool, std::move(copy));
    if (copied) continue;
    const Error error = judged(copied.error());
    if (error.code == Errc::cancelled) co_return error;
    co_return fail(error.code, "The buildpack {} cannot be used: {}.", pack.title(), error.message);
  }
  co_return Result<>();
}

// One budget for all that is fetched: who is told that the last one was too much learns of what.
Error BuildRun::judged(const Error& error) const {
  if (error.code != Errc::too_large && error.code != Errc::limit_exceeded) return error;
  return fail(error.code,
              "{} (a build's submodules and buildpacks may have {} MB and {} files together)",
              error.message, limits::sources_bytes_max / (1024 * 1024), limits::sources_files_max);
}

Task<Result<>> BuildRun::fetch_submodules(std::vector<git::Submodule> modules, std::string root,
                                          std::size_t depth) {
  if (modules.empty()) co_return Result<>();
  if (depth >= sources::limits::submodules_depth_max) {
    co_return submodule_error(modules[0], fail(Errc::limit_exceeded, "submodules nest too deep"));
  }
  auto read = [root] {
    return read_beneath(root, ".gitmodules", sources::limits::gitmodules_bytes_max);
  };
  const auto text = co_await run_blocking(services_.pool, std::move(read));
  if (!text) co_return text.error();
  const auto urls = parse_gitmodules(text->value_or(""));
  if (!urls) co_return urls.error();
  for (const git::Submodule& module : modules) {
    const auto source = source_of(module, *urls);
    if (!source) co_return submodule_error(module, source.error());
    co_await say(fmt::format("-----> Fetching submodule {}\n", printable(module.path, 200)));
    sources::Wanted wanted{*source, request_.app.str(), budget_.left()};
    const auto tree = co_await services_.sources.get(std::move(wanted));
    if (!tree && tree.error().code == Errc::cancelled) co_return tree.error();
    if (!tree) co_return submodule_error(module, judged(tree.error()));
    auto put = [this, from = tree->folder, root, path = module.path](const std::stop_token& stop) {
      return put_submodule(from, root, path, {request_.uid, stop, &budget_});
    };
    const auto done = co_await run_stoppable(services_.pool, std::move(put));
    if (!done && done.error().code == Errc::cancelled) co_return done.error();
    if (!done) co_return submodule_error(module, judged(done.error()));
    auto inner = tree->submodules;
    std::string target = root + "/" + module.path;
    const auto nested = co_await fetch_submodules(std::move(inner), std::move(target), depth + 1);
    if (!nested) co_return nested.error();
  }
  co_return Result<>();
}

Result<sources::Source> BuildRun::source_of(const git::Submodule& module,
                                            const std::map<std::string, std::string>& urls) {
  using Kind = sources::Source::Kind;
  if (++submodules_ > sources::limits::submodules_max) {
    return fail(Errc::limit_exceeded, "there are more than {}", sources::limits::submodules_max);
  }
  const auto url = urls.find(module.path);
  if (url == urls.end()) return fail(Errc::invalid_argument, ".gitmodules does not name it");
  auto source =
      sources::Source::parse(url->second + "#" + module.commit, services_.sources.rules());
  const bool relative = url->second.starts_with('.');
  if (!source && !relative) return source;
  if (relative || source->kind == Kind::bundled || source->kind == Kind::archive) {
    return fail(Errc::invalid_argument, "its address is no https:// address of a repository");
  }
  return source;
}

}  // namespace davit::build
