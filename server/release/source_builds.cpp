#include "server/release/source_builds.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/run_abandonable.hpp"
#include "server/archive/digest.hpp"
#include "server/fetch/address.hpp"
#include "server/release/deployment.hpp"
#include "server/sources/source.hpp"

namespace davit::release {
namespace {

// "SHA256:9f86…" as the Platform API has it, or the digits alone.
Result<archive::Digest> parse_checksum(const std::string& text) {
  std::string digits = text.substr(text.find(':') == text.npos ? 0 : text.find(':') + 1);
  std::ranges::transform(digits, digits.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto digest = archive::Digest::from_hex(digits);
  if (digest) return digest;
  return fail(Errc::invalid_argument,
              "source_blob.checksum: must be \"SHA256:\" and 64 hexadecimal digits");
}

const std::string no_commit(40, '0');  // of a tarball that is not here yet

}  // namespace

struct SourceBuilds::Work {
  explicit Work(SourceBuild wanted) : build(std::move(wanted)) {}
  SourceBuild build;
  std::shared_ptr<const sources::Tarball> tarball;
  std::string sha256;
  std::unique_ptr<Deployment> deployment;
  std::unique_ptr<git::DeployTurn> turn;  // goes before the deployment
};

Task<> SourceBuilds::stop() {
  background_.cancel();
  co_await background_.join();
}

Task<Result<store::Build>> SourceBuilds::start(SourceBuild build) {
  if (!build.checksum.empty()) {
    const auto checksum = parse_checksum(build.checksum);
    if (!checksum) co_return checksum.error();
  }
  auto work = std::make_shared<Work>(std::move(build));
  if (!work->build.secret.empty()) {
    auto file = uploads_.take(work->build.secret);
    if (!file) co_return std::move(file).error();
    work->tarball = std::move(file->file);
    work->sha256 = std::move(file->sha256);
  }
  git::DeployRequest request;
  request.app = work->build.app;
  request.user = work->build.user;
  request.commit = *CommitId::parse(work->sha256.empty() ? no_commit : work->sha256.substr(0, 40));
  request.about = work->build.about;
  request.buildpacks = work->build.buildpacks;
  auto nothing_to_move = [] { return Result<>(); };
  work->deployment = std::make_unique<Deployment>(services_, config_, std::move(request),
                                                  std::move(nothing_to_move));
  DAVIT_CO_TRY(co_await work->deployment->begin(nullptr));
  store::Build row = work->deployment->row();
  background_.spawn("build of a tarball", carry_out(std::move(work)));
  co_return row;
}

Task<> SourceBuilds::carry_out(std::shared_ptr<Work> work) {
  std::exception_ptr cancelled;
  Result<> done = fail(Errc::cancelled, "davitd ends");
  try {
    done = co_await deploy(*work);
  } catch (...) {
    cancelled = std::current_exception();
  }
  // However it ended, no row must stay pending.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!done && services_.build_queue.is_ended()) {
    done = fail(Errc::cancelled, "davitd was stopped; build again");
  }
  if (!done) co_await work->deployment->refuse(done.error());
  if (cancelled) std::rethrow_exception(cancelled);
}

// What the deployment itself fails at, it settles itself.
Task<Result<>> SourceBuilds::deploy(Work& work) {
  auto preparation = prepare(work);
  DAVIT_CO_TRY(co_await work.deployment->prepare(std::move(preparation)));
  auto commit = *CommitId::parse(work.sha256.substr(0, 40));
  work.deployment->use_archive(work.tarball->path(), std::move(commit));
  (void)co_await work.deployment->carry_out();
  co_return Result<>();
}

Task<Result<>> SourceBuilds::prepare(Work& work) {
  auto turn = co_await services_.turns.take(work.build.app, &work.deployment->output());
  if (!turn) co_return std::move(turn).error();
  work.turn = std::move(*turn);
  if (!work.tarball) {
    DAVIT_CO_TRY(co_await download(work));
  }
  co_return co_await check(work);
}

// Behind the app's turn, so that of an app one comes at a time; of a user as many as the threads of
// sources/ and his bytes allow.
Task<Result<>> SourceBuilds::download(Work& work) {
  std::string line = fmt::format("-----> Fetching {}\n", fetch::shown_url(work.build.url));
  co_await work.deployment->output().write(std::move(line));
  const auto tarball = uploads_.make(work.build.user);
  work.tarball = tarball;
  sources::Download wanted{
      work.build.url, tarball->path(), uploads_.limits().bytes_max, work.build.user.str(), {}};
  wanted.grow = [tarball](std::size_t bytes) { return tarball->grow(bytes); };
  DAVIT_CO_TRY(co_await sources_.download(std::move(wanted)));
  auto whole = work.tarball;
  auto sha256 = co_await uploads_.digest(std::move(whole));
  if (!sha256) co_return std::move(sha256).error();
  work.sha256 = std::move(*sha256);
  co_return Result<>();
}

Task<Result<>> SourceBuilds::check(Work& work) {
  if (work.build.checksum.empty()) co_return Result<>();
  const auto wanted = parse_checksum(work.build.checksum);
  auto job = [digest = *wanted, file = work.tarball](const std::stop_token& stop) {
    return digest.check(file->path(), stop);
  };
  const auto checked = co_await run_stoppable(services_.workers, std::move(job));
  if (checked || checked.error().code == Errc::cancelled) co_return checked;
  co_return fail(checked.error().code, "The source is not what source_blob.checksum says: {}",
                 checked.error().message);
}

}  // namespace davit::release
