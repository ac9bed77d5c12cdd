#include "server/build/build_run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>

#include "base/disk_room.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_abandonable.hpp"
#include "base/run_blocking.hpp"
#include "base/tree_file.hpp"
#include "server/app_json/limits.hpp"
#include "server/build/env_dir.hpp"
#include "server/build/limits.hpp"
#include "server/build/slug_sharing.hpp"
#include "server/build/source_tree.hpp"
#include "server/build/stack.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit::build {
namespace {

constexpr const char* build_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string stack_title(std::string stack) {
  if (!stack.empty()) stack[0] = static_cast<char>(stack[0] - 'a' + 'A');
  return stack;
}

struct Prepared {
  SourceTree tree;
  app_json::AppJson app_json;
  std::map<std::string, std::string> config_added;
  Selection selection;
};

Result<app_json::AppJson> read_app_json(const std::string& build_dir) {
  const auto text = read_beneath(build_dir, "app.json", app_json::limits::bytes_max);
  if (!text) return text.error();
  return *text ? app_json::AppJson::parse(**text) : app_json::AppJson();
}

// All of it is disk work: one visit to the pool.
Result<Prepared> prepare_on_disk(const BuildPaths& paths, const BuildRequest& request,
                                 const BuildServices& services, const BuildCache::Lease& lease,
                                 const std::stop_token& stop) {
  DAVIT_TRY(make_build_folders(paths, request.uid));
  auto tree = lay_out_source(paths, request, stop);
  if (!tree) return std::move(tree).error();
  // Not where an app was rolled back: what the cache holds was made of newer files, and would pass
  // for up to date.
  if (request.last_slug && services.cache.fits(lease, *request.last_slug)) {
    inherit_times(paths.build_dir, services.slugs.path_of(*request.last_slug));
  }
  auto app_json = read_app_json(paths.build_dir);
  if (!app_json) return std::move(app_json).error();
  auto added = app_json::variables_for(*app_json, request.config, request.name.str(),
                                       request.deploy, services.random);
  if (!added) return std::move(added).error();
  DAVIT_TRY(services.cache.clone_to(lease, paths.cache_dir, request.uid, stop));
  auto config = request.config;
  config.insert(added->begin(), added->end());
  DAVIT_TRY(write_env_dir(paths.env_dir, config, request.uid));
  const auto file = read_beneath(paths.build_dir, ".buildpacks", limits::order_file_bytes_max);
  if (!file) return file.error();
  auto selection =
      services.choose({services.config, request, services.sources.rules(), *file, *app_json});
  if (!selection) return std::move(selection).error();
  return Prepared{std::move(*tree), std::move(*app_json), std::move(*added), std::move(*selection)};
}

}  // namespace

BuildRun::BuildRun(BuildServices services, BuildRequest request, OutputSink& output)
    : services_(std::move(services)),
      request_(std::move(request)),
      output_(output),
      paths_(services_.config.work_dir, request_.id, services_.launcher.level()),
      cache_lease_(services_.cache, request_.app),
      budget_(services_.config.work_dir, {limits::sources_bytes_max, limits::sources_files_max,
                                          services_.config.disk_reserve_bytes}) {
  request_.disk_reserve_bytes = services_.config.disk_reserve_bytes;
}

BuildRun::~BuildRun() {
  asio::post(services_.pool, [root = paths_.root] {
    const Result<> removed = remove_tree(root);
    if (!removed) {
      log::warning("build folder not removed", {{"error", removed.error().message}});
    }
  });
}

std::chrono::milliseconds BuildRun::scripts_took() const {
  return steps_ ? steps_->took() : std::chrono::milliseconds(0);
}

Task<> BuildRun::say(std::string text) { return output_.write(std::move(text)); }

PackDirs BuildRun::dirs_of(const Pack& pack) const {
  return {.pack = paths_.inside(paths_.pack(pack.name)),
          .build_dir = paths_.inside(paths_.build_dir),
          .cache_dir = paths_.inside(paths_.cache_dir),
          .env_dir = paths_.inside(paths_.env_dir)};
}

std::map<std::string, std::string> BuildRun::environment() const {
  std::map<std::string, std::string> env = services_.config.environment;
  env["PATH"] = build_path;
  env["HOME"] = paths_.inside(paths_.app);
  env["STACK"] = services_.config.stack;
  env["SOURCE_VERSION"] = request_.version.empty() ? request_.commit.str() : request_.version;
  env["REQUEST_ID"] = request_.id.str();
  env["DYNO"] = "build.1";
  env["TERM"] = "dumb";
  env["BUILDPACK_LOG_FILE"] = "/dev/null";
  if (paths_.host_paths()) env["TMPDIR"] = paths_.tmp;
  return env;
}

Task<Result<Slug>> BuildRun::perform() {
  auto limits = limits_here();
  if (!limits) co_return std::move(limits).error();
  StepSetup setup{environment(), request_.uid, *limits, services_.config.network};
  steps_.emplace(services_.launcher, paths_, services_.random, std::move(setup));
  co_await say(
      fmt::format("-----> Building on the {} stack\n", stack_title(services_.config.stack)));

  auto selection = co_await prepare();
  if (!selection) co_return std::move(selection).error();
  Selection chosen = std::move(*selection);
  const auto built = co_await run_packs(std::move(chosen));
  if (!built) co_return built.error();
  auto types = co_await discover_types();
  if (!types) co_return std::move(types).error();
  const auto size = co_await measure();
  if (!size) co_return size.error();

  Slug slug;
  slug.id = SlugId::make(services_.random);
  slug.path = services_.slugs.path_of(slug.id);
  slug.bytes = size->bytes;
  slug.processes = std::move(*types);
  slug.buildpack = pack_title_;
  for (auto& [language, runtime] : runtimes_) slug.runtimes.push_back(runtime);
  slug.app_json = app_json_;
  slug.config_added = config_added_;
  // Last, without another wait behind it: a build is cancelled as a whole or not at all.
  auto job = [this, id = slug.id] { return commit(id); };
  const auto committed = co_await run_blocking(services_.pool, std::move(job));
  if (!committed) co_return committed.error();
  co_return slug;
}

// No build takes the last of the disk: the database and running apps write there too.
Result<BuildLimits> BuildRun::limits_here() const {
  BuildLimits limits = services_.config.limits;
  DAVIT_TRY(make_directories(services_.config.work_dir, 0711));
  const auto free = free_disk_bytes(services_.config.work_dir);
  if (!free) return limits;
  const std::uint64_t reserve = services_.config.disk_reserve_bytes;
  if (*free <= reserve) {
    return fail(Errc::limit_exceeded,
                "The server's disk is nearly full: {} are free, and builds leave {} alone.\n"
                "Ask the server's admin to make room.",
                size_text(*free), size_text(reserve));
  }
  if (limits.disk_bytes != 0) limits.disk_bytes = std::min(limits.disk_bytes, *free - reserve);
  return limits;
}

Task<Result<Selection>> BuildRun::prepare() {
  auto job = [this](const std::stop_token& stop) {
    return prepare_on_disk(paths_, request_, services_, cache_lease_, stop);
  };
  auto prepared = co_await run_stoppable(services_.pool, std::move(job));
  if (!prepared) co_return std::move(prepared).error();
  if (prepared->tree.left_out > 0) {
    co_await say(fmt::format("-----> Deleting {} files matching .slugignore patterns.\n",
                             prepared->tree.left_out));
  }
  app_json_ = std::move(prepared->app_json);
  config_added_ = std::move(prepared->config_added);
  Selection selection = std::move(prepared->selection);
  auto modules = std::move(prepared->tree.submodules);
  DAVIT_CO_TRY(co_await fetch_submodules(std::move(modules), paths_.build_dir, 0));
  DAVIT_CO_TRY(co_await fetch_packs(selection));
  auto packs = selection.packs;
  DAVIT_CO_TRY(co_await copy_packs(std::move(packs)));
  co_return std::move(selection);
}

Task<Result<ProcessTypes>> BuildRun::discover_types() {
  auto job = [this]() -> Result<std::optional<std::string>> {
    DAVIT_TRY(check_real_directory(paths_.build_dir));
    if (const std::string script = config_vars_script(release_.config_vars); !script.empty()) {
      DAVIT_TRY(write_beneath(paths_.build_dir,
                              {".profile.d", "00_config_vars.sh", script, request_.uid}));
    }
    return read_beneath(paths_.build_dir, "Procfile", limits::procfile_bytes_max);
  };
  const auto text = co_await run_blocking(services_.pool, std::move(job));
  if (!text) co_return text.error();
  ProcessTypes declared;
  if (*text) {
    auto parsed = parse_procfile(**text);
    if (!parsed) co_return std::move(parsed).error();
    declared = std::move(*parsed);
  }
  co_await say(process_types_text(declared, release_.default_process_types));
  co_return merge_process_types(declared, release_.default_process_types);
}

Task<Result<SlugSize>> BuildRun::measure() {
  auto job = [this] {
    return measure_slug(paths_.build_dir, services_.config.slug_warn_bytes,
                        services_.config.slug_bytes_max);
  };
  const auto size = co_await run_blocking(services_.pool, std::move(job));
  if (!size) co_return size.error();
  if (size->above_soft_limit) {
    co_await say(
        fmt::format(" !     The slug is large ({} of {}): booting and keeping releases "
                    "gets slow.\n",
                    size_text(size->bytes), size_text(services_.config.slug_bytes_max)));
  }
  co_await say(fmt::format("-----> Done: {}\n", size_text(size->bytes)));
  co_return *size;
}

Result<> BuildRun::commit(const SlugId& slug) const {
  DAVIT_TRY(check_real_directory(paths_.build_dir));
  Shared shared;
  if (request_.last_slug) {
    shared = share_files(paths_.build_dir, services_.slugs.path_of(*request_.last_slug));
    log::debug("files shared with the last slug", {{"count", shared.files}});
  }
  DAVIT_TRY(services_.slugs.take(paths_.build_dir, slug));
  keep_cache(slug, shared);
  return {};
}

namespace {

// The folders above the cache were the build's to replace: no link is followed on the way.
Result<UniqueFd> open_cache_parent(const BuildPaths& paths) {
  auto folder = open_file(paths.tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (const char* name : {"codon", "tmp"}) {
    if (!folder) return folder;
    UniqueFd next(::openat(folder->get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return fail_errno(errno, "the build replaced the folders of its cache");
    folder = std::move(next);
  }
  return folder;
}

struct CacheOf {
  const BuildRequest& request;
  const SlugId& slug;
  const Shared& shared;
};

Result<> keep(const BuildServices& services, const BuildCache::Lease& lease,
              const BuildPaths& paths, const CacheOf& of) {
  const auto parent = open_cache_parent(paths);
  if (!parent) return parent.error();
  const std::string path = fmt::format("/proc/self/fd/{}/cache", parent->get());
  if (of.request.last_slug) {
    share_linked(path, services.slugs.path_of(*of.request.last_slug), of.shared.replaced);
  }
  DAVIT_TRY(check_real_directory(path));
  const auto bytes = tree_bytes(path);
  if (!bytes) return bytes.error();
  if (*bytes > services.config.cache_bytes_max) {
    return fail(Errc::too_large, "{} is more than {}", size_text(*bytes),
                size_text(services.config.cache_bytes_max));
  }
  const BuildCache::Clone clone{parent->get(), "cache", *bytes, of.slug};
  DAVIT_TRY(services.cache.commit(lease, clone, paths.root + "/old-cache"));
  services.cache.keep_within_budget();
  return {};
}

}  // namespace

// A cache that cannot be kept costs the next build time, and is no reason to fail this one.
void BuildRun::keep_cache(const SlugId& slug, const Shared& shared) const {
  const Result<> kept = keep(services_, cache_lease_, paths_, {request_, slug, shared});
  if (!kept) {
    log::warning("build cache not kept",
                 {{"app", request_.app.str()}, {"error", kept.error().message}});
  }
}

}  // namespace davit::build
