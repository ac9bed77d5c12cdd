#include "server/build/build_run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_blocking.hpp"
#include "server/build/env_dir.hpp"
#include "server/build/limits.hpp"
#include "server/build/stack.hpp"
#include "server/build/tree_export.hpp"
#include "server/build/tree_file.hpp"
#include "server/dynos/dyno_process.hpp"

namespace davit::build {
namespace {

constexpr const char* build_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string first_line(std::string_view text) {
  const std::size_t end = text.find_first_of("\r\n");
  return to_valid_utf8(text.substr(0, end));
}

std::string stack_title(std::string stack) {
  if (!stack.empty()) stack[0] = static_cast<char>(stack[0] - 'a' + 'A');
  return stack;
}

struct Prepared {
  Exported exported;
  Selection selection;
};

// All of it is disk work: one visit to the pool.
Result<Prepared> prepare_on_disk(const BuildPaths& paths, const BuildRequest& request,
                                 const BuildConfig& config, const BuildCache& cache) {
  DAVIT_TRY(make_build_folders(paths, request.uid));
  ExportRequest wanted;
  wanted.repository = request.repository;
  wanted.quarantine = request.quarantine;
  wanted.commit = request.commit;
  wanted.target = paths.build_dir;
  wanted.uid = request.uid;
  auto exported = export_tree(wanted);
  if (!exported) return std::move(exported).error();
  DAVIT_TRY(cache.clone_to(request.app, paths.cache_dir, request.uid));
  DAVIT_TRY(write_env_dir(paths.env_dir, request.config, request.uid));
  auto selection = choose_packs(config, request, paths.build_dir);
  if (!selection) return std::move(selection).error();
  for (const Pack& pack : selection->packs) {
    DAVIT_TRY(copy_pack(pack, paths.pack(pack.name), request.uid));
  }
  return Prepared{std::move(*exported), std::move(*selection)};
}

}  // namespace

BuildRun::BuildRun(BuildServices services, BuildRequest request, OutputSink& output)
    : services_(services),
      request_(std::move(request)),
      output_(output),
      paths_(services_.config.work_dir, request_.id, services_.launcher.level()) {}

BuildRun::~BuildRun() {
  asio::post(services_.pool, [root = paths_.root] {
    const Result<> removed = remove_tree(root);
    if (!removed) {
      log::warning("build folder not removed", {{"error", removed.error().message}});
    }
  });
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
  env["STACK"] = host_stack();
  env["SOURCE_VERSION"] = request_.commit.str();
  env["REQUEST_ID"] = request_.id.str();
  env["DYNO"] = "build.1";
  env["TERM"] = "dumb";
  env["BUILDPACK_LOG_FILE"] = "/dev/null";
  if (paths_.host_paths()) env["TMPDIR"] = paths_.tmp;
  return env;
}

Task<Result<Slug>> BuildRun::perform() {
  StepSetup setup{environment(), request_.uid, services_.config.time_limit};
  steps_.emplace(services_.launcher, paths_, services_.random, std::move(setup));
  co_await say(fmt::format("-----> Building on the {} stack\n", stack_title(host_stack())));

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
  // Last, without another wait behind it: a build is cancelled as a whole or not at all.
  auto job = [this, id = slug.id] { return commit(id); };
  const auto committed = co_await run_blocking(services_.pool, std::move(job));
  if (!committed) co_return committed.error();
  co_return slug;
}

Task<Result<Selection>> BuildRun::prepare() {
  auto job = [this] {
    return prepare_on_disk(paths_, request_, services_.config, services_.cache);
  };
  auto prepared = co_await run_blocking(services_.pool, std::move(job));
  if (!prepared) co_return std::move(prepared).error();
  const Exported& exported = prepared->exported;
  if (exported.ignored > 0) {
    co_await say(fmt::format("-----> Deleting {} files matching .slugignore patterns.\n",
                             exported.ignored));
  }
  for (const std::string& path : exported.submodules) {
    co_await say(fmt::format(" !     Submodule '{}' is not fetched: its folder is empty.\n",
                             printable(path, 200)));
  }
  co_return std::move(prepared->selection);
}

Task<Result<>> BuildRun::run_packs(Selection selection) {
  if (selection.kind == SelectionKind::automatic) {
    co_await say("-----> Determining which buildpack to use for this app\n");
    std::vector<Pack> packs = std::move(selection.packs);
    const auto detected = co_await detect_any(std::move(packs));
    if (!detected) co_return detected.error();
    co_return co_await compile();
  }
  // A pack may change BUILD_DIR before the next one detects: in turns.
  for (Pack& next : selection.packs) {
    Pack pack = std::move(next);
    co_await say(fmt::format("-----> Using buildpack: {}\n", pack.name));
    const auto detected = co_await detect_set(std::move(pack));
    if (!detected) co_return detected.error();
    const auto compiled = co_await compile();
    if (!compiled) co_return compiled.error();
  }
  co_return Result<>();
}

Task<Result<>> BuildRun::detect_any(std::vector<Pack> packs) {
  std::vector<std::string> folders;
  std::string names;
  for (const Pack& pack : packs) {
    folders.push_back(paths_.inside(paths_.pack(pack.name)));
    names += names.empty() ? pack.name : ", " + pack.name;
  }
  CaptureSink answer(limits::detect_output_bytes_max);
  Step step{detect_any_command(paths_.inside(paths_.build_dir), folders),
            paths_.inside(paths_.packs_dir)};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  const std::size_t number =
      *code == 0 ? std::strtoul(answer.text().c_str(), nullptr, 10) : packs.size();
  if (number >= packs.size()) {
    co_return fail(Errc::invalid_argument,
                   "No default language could be detected for this app.\n"
                   "Looked for, in this order: {}.\n"
                   "Commit the file that names your language at the root of the repository:\n"
                   "package.json for Node.js; index.html, public/ or static.json for a static "
                   "site.",
                   names);
  }
  const std::size_t line_end = answer.text().find('\n');
  const std::string_view rest = std::string_view(answer.text())
                                    .substr(line_end == std::string::npos ? answer.text().size()
                                                                          : line_end + 1);
  pack_title_ = first_line(rest);
  if (pack_title_.empty()) pack_title_ = packs[number].name;
  compiled_.push_back(packs[number]);
  co_await say(fmt::format("-----> {} app detected\n", pack_title_));
  co_return Result<>();
}

Task<Result<>> BuildRun::detect_set(Pack pack) {
  const std::string reasons = paths_.tmp + "/.davit-detect-stderr";
  CaptureSink answer(limits::detect_output_bytes_max);
  const PackDirs dirs = dirs_of(pack);
  Step step{detect_one_command(dirs, paths_.inside(reasons)), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  if (*code != 0) {
    co_await say(fmt::format("-----> App not compatible with buildpack: {}\n", pack.name));
    auto job = [tmp = paths_.tmp] {
      return read_beneath(tmp, ".davit-detect-stderr", limits::detect_output_bytes_max);
    };
    auto text = co_await run_blocking(services_.pool, std::move(job));
    if (text && *text) co_await say(std::move(**text) + "\n");
    co_return fail(Errc::invalid_argument,
                   "The buildpack '{}' is set for this app, but its bin/detect refuses the code.",
                   pack.name);
  }
  pack_title_ = first_line(answer.text());
  if (pack_title_.empty()) pack_title_ = pack.name;
  compiled_.push_back(std::move(pack));
  co_await say(fmt::format("-----> {} app detected\n", pack_title_));
  co_return Result<>();
}

Task<Result<>> BuildRun::compile() {
  const PackDirs dirs = dirs_of(compiled_.back());
  std::vector<std::string> exports;
  for (std::size_t i = 0; i + 1 < compiled_.size(); ++i) {
    exports.push_back(dirs_of(compiled_[i]).pack + "/export");
  }
  Step step{compile_command(dirs, exports), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), output_);
  if (!code) co_return code.error();
  if (*code != 0) {
    co_return fail(Errc::invalid_argument, "Push rejected, failed to compile {} app.",
                   pack_title_);
  }
  co_return co_await read_release();
}

// The last pack decides; one without bin/release leaves the word to the one before it.
Task<Result<>> BuildRun::read_release() {
  const Pack& pack = compiled_.back();
  if (::access((pack.source + "/bin/release").c_str(), F_OK) != 0) co_return Result<>();
  CaptureSink answer(limits::release_yaml_bytes_max);
  const PackDirs dirs = dirs_of(pack);
  Step step{release_command(dirs), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  release_ = {};
  if (*code != 0) {
    co_await say(fmt::format(" !     bin/release of {} failed with {}: it is ignored.\n",
                             pack.name, *code));
    co_return Result<>();
  }
  auto info = parse_release_yaml(answer.text());
  if (!info) {
    co_await say(fmt::format(" !     {}: it is ignored.\n", info.error().message));
    co_return Result<>();
  }
  release_ = std::move(*info);
  if (release_.has_addons) {
    co_await say("       The buildpack asks for add-ons: create those you need yourself.\n");
  }
  co_return Result<>();
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
    co_await say(fmt::format(" !     The slug is large ({} of {}): booting and keeping releases "
                             "gets slow.\n",
                             size_text(size->bytes), size_text(services_.config.slug_bytes_max)));
  }
  co_await say(fmt::format("-----> Done: {}\n", size_text(size->bytes)));
  co_return *size;
}

Result<> BuildRun::commit(const SlugId& slug) const {
  DAVIT_TRY(services_.slugs.take(paths_.build_dir, slug));
  keep_cache();
  return {};
}

// A cache that cannot be kept costs the next build time, and is no reason to fail this one.
void BuildRun::keep_cache() const {
  Result<> kept = fail(Errc::too_large, "larger than {}",
                       size_text(services_.config.cache_bytes_max));
  const auto bytes = tree_bytes(paths_.cache_dir);
  if (bytes && *bytes <= services_.config.cache_bytes_max) {
    // The folders above the cache were the build's to replace: no link is followed on the way.
    auto tmp = open_file(paths_.tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const UniqueFd codon(
        tmp ? ::openat(tmp->get(), "codon", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1);
    const UniqueFd parent(
        ::openat(codon.get(), "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    kept = parent ? services_.cache.commit(request_.app, parent.get(), "cache",
                                           paths_.root + "/old-cache")
                  : Result<>(fail(Errc::invalid_argument, "the build replaced its folder"));
  }
  if (!kept) {
    log::warning("build cache not kept",
                 {{"app", request_.app.str()}, {"error", kept.error().message}});
  }
}

}  // namespace davit::build
