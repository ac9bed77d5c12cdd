#include "tests/integration/build/build_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/files.hpp"
#include "base/process.hpp"

namespace davit::build {
namespace fs = std::filesystem;
namespace {

// The build machine's own network setup, as an admin would name it in [build.env].
std::map<std::string, std::string> network_environment() {
  std::map<std::string, std::string> env;
  for (const char* name :
       {"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "no_proxy", "NPM_CONFIG_REGISTRY"}) {
    if (const char* value = std::getenv(name)) env[name] = value;
  }
  return env;
}

bool any_process_mentions(const std::string& text) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc", ec)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto line = read_file(entry.path() / "cmdline", 4 << 20);
    if (!line) continue;  // it ended meanwhile
    if (line->find(text) != std::string::npos && std::stoi(name) != ::getpid()) return true;
  }
  return false;
}

}  // namespace

Task<> WatchingSink::write(std::string bytes) {
  text += bytes;
  if (!watch_for.empty() && text.find(watch_for) != std::string::npos) {
    watch_for.clear();
    then();
  }
  if (!cancel_at.empty() && text.find(cancel_at) != std::string::npos) {
    cancel_at.clear();
    const auto executor = co_await asio::this_coro::executor;
    // Later: a coroutine must not be cancelled from within itself.
    asio::post(executor, [this] { cancel.emit(asio::cancellation_type::terminal); });
  }
}

BuildFixture::BuildFixture() {
  fs::create_directories(dir_.path() / "app");
  fs::create_directories(dir_.path() / "run/dynos");
  config_.work_dir = dir_.str("builds");
  config_.slugs_dir = dir_.str("slugs");
  config_.cache_dir = dir_.str("cache");
  sources_config_.folder = dir_.str("sources");
  config_.runtimes_dir = runtimes_config_.folder = dir_.str("runtimes");
  runtimes_config_.mirrors = {{}, {}, {}, {}};
  runtimes_config_.bytes_max = 1ull << 40;
  config_.buildpacks_dir = (test::programs_dir().parent_path() / "buildpacks").string();
  config_.environment = network_environment();
  dynos::LauncherConfig launcher;
  launcher.program = (test::programs_dir() / "davit-dyno").string();
  launcher.socket_dir = dir_.str("run/dynos");
  // As in dyno_fixture.cpp: the same tests at another level than this machine's best.
  const char* wanted = std::getenv("DAVIT_TEST_LEVEL");
  for (const auto level : {dyno::Level::a, dyno::Level::b, dyno::Level::c}) {
    if (wanted != nullptr && dyno::to_string(level) == wanted) launcher.level = level;
  }
  launcher_ = dynos::make_launcher(io_.get_executor(), launcher).value();
  git({"init", "-q", "--bare", dir_.str("repo.git")});
}

BuildFixture::~BuildFixture() {
  EXPECT_TRUE(nothing_left());
  pool_.join();
}

void BuildFixture::write(const std::string& name, std::string_view content, int mode) {
  const fs::path path = dir_.path() / "app" / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  ::chmod(path.c_str(), static_cast<mode_t>(mode));
}

void BuildFixture::use_app(const std::string& name) {
  fs::remove_all(dir_.path() / "app");
  fs::copy(test::source_dir() / "tests/apps" / name, dir_.path() / "app",
           fs::copy_options::recursive);
}

void BuildFixture::git(std::vector<std::string> arguments) {
  std::vector<std::string> argv{"/usr/bin/git"};
  if (arguments[0] != "init") {
    argv.insert(argv.end(),
                {"--git-dir=" + dir_.str("repo.git"), "--work-tree=" + dir_.str("app")});
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ProcessOptions options;
  options.argv = argv;
  options.env = {{"PATH", "/usr/bin:/bin"},   {"HOME", dir_.str()},
                 {"GIT_AUTHOR_NAME", "t"},    {"GIT_AUTHOR_EMAIL", "t@example.com"},
                 {"GIT_COMMITTER_NAME", "t"}, {"GIT_COMMITTER_EMAIL", "t@example.com"}};
  ASSERT_EQ(Process::spawn(options).value().wait().value(), 0) << arguments[0];
}

CommitId BuildFixture::commit() {
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", "a change"});
  std::string head = read_file(dir_.path() / "repo.git/HEAD", 100).value();
  head = head.substr(head.find(' ') + 1);
  head.pop_back();
  return CommitId::parse(read_file(dir_.path() / "repo.git" / head, 100).value().substr(0, 40))
      .value();
}

void BuildFixture::pack(const std::string& name, std::string_view compile, std::string_view release,
                        std::string_view detect) {
  const fs::path folder = dir_.path() / "packs" / name / "bin";
  fs::create_directories(folder);
  // Deliberately not executable: the runner sees to it.
  std::ofstream(folder / "detect") << detect;
  std::ofstream(folder / "compile") << compile;
  if (!release.empty()) std::ofstream(folder / "release") << release;
  if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  std::ofstream order(dir_.path() / "packs/order");
  for (const std::string& one : order_) order << one << '\n';
  config_.buildpacks_dir = dir_.str("packs");
}

BuildRequest BuildFixture::request() {
  BuildRequest request;
  request.id = BuildId::make(random_);
  request.app = app_;
  request.name = AppName::parse("trait-app").value();
  request.commit = commit();
  request.repository = dir_.str("repo.git");
  request.config = app_config_;
  request.last_runtimes = last_runtimes_;
  request.last_slug = last_slug_;
  report_.clear();
  request.report = &report_;
  if (::geteuid() == 0) request.uid = 23'451;
  return request;
}

Result<Slug> BuildFixture::run(Task<Result<Slug>> task) {
  Result<Slug> result = fail(Errc::cancelled, "the build was cancelled");
  asio::co_spawn(
      io_, std::move(task),
      asio::bind_cancellation_slot(output_.cancel.slot(),
                                   [&](const std::exception_ptr& failure, Result<Slug> slug) {
                                     if (!failure) result = std::move(slug);
                                   }));
  io_.restart();
  io_.run();
  return result;
}

Result<Slug> BuildFixture::build() {
  output_.text.clear();
  if (launcher_->level() == dyno::Level::c) runtimes_config_.inside = runtimes_config_.folder;
  const auto runtimes = runtimes::make_runtimes(runtimes_config_, clock_, random_);
  const auto sources = sources::make_sources(sources_config_).value();
  const auto builder = make_builder(*launcher_, pool_, *runtimes, *sources, config_);
  return run(builder->build(request(), output_));
}

Result<Slug> BuildFixture::build_chain(const std::vector<std::string>& packs) {
  output_.text.clear();
  BuildCache cache_store(config_.cache_dir, config_.cache_budget_bytes);
  const SlugStore slugs(config_.slugs_dir);
  const auto runtimes = runtimes::make_runtimes(runtimes_config_, clock_, random_);
  const auto sources = sources::make_sources(sources_config_).value();
  BuildServices services{*launcher_, pool_,       *runtimes, *sources,
                         config_,    cache_store, slugs,     random_};
  services.choose = [packs](const ChoiceInputs& inputs) {
    Selection selection{SelectionKind::explicitly_set, {}};
    for (const std::string& name : packs)
      selection.packs.push_back({name, inputs.config.buildpacks_dir + "/" + name});
    return Result<Selection>(selection);
  };
  BuildRun chain(std::move(services), request(), output_);
  return run(chain.perform());
}

std::string BuildFixture::slug_file(const Slug& slug, const std::string& name) const {
  const auto text = read_file(slug.path + "/" + name, 1 << 20);
  return text ? *text : "<" + text.error().message + ">";
}

fs::path BuildFixture::cache() const { return fs::path(config_.cache_dir) / app_.str(); }

bool BuildFixture::nothing_left() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    std::error_code ec;
    const bool clean = (!fs::exists(config_.work_dir) || fs::is_empty(config_.work_dir, ec)) &&
                       fs::is_empty(dir_.path() / "run/dynos", ec) &&
                       !any_process_mentions(dir_.str());
    if (clean) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace davit::build
