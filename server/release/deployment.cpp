#include "server/release/deployment.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/race.hpp"
#include "server/release/boot_report.hpp"
#include "server/release/lagging_reader.hpp"
#include "server/release/limits.hpp"
#include "server/release/unused_slugs.hpp"
#include "store/database.hpp"

namespace davit::release {
namespace {

// "Push rejected" is for who pushed.
std::string rejection(const git::DeployRequest& request) {
  return request.ref.empty() ? "Build failed" : "Push rejected";
}

Task<> keep_result(Task<Result<>> task, Result<>& result) { result = co_await std::move(task); }

}  // namespace

Deployment::Deployment(ReleaseServices services, const DeployConfig& config,
                       git::DeployRequest request, std::function<Result<>()> move_ref)
    : services_(services),
      config_(config),
      request_(std::move(request)),
      move_ref_(std::move(move_ref)) {}

// What people know it by: of a deploy without git, the version that its sender gave it.
std::string Deployment::short_version() const {
  const auto given = request_.about.find("version");
  const bool named = given != request_.about.end() && !given->second.empty();
  return printable(named ? given->second : request_.commit.str(), 64).substr(0, 8);
}

Task<> Deployment::say(std::string text) { return output_->write(std::move(text)); }

Task<Result<git::Deployed>> Deployment::run(OutputSink& progress) {
  LaggingReader reader(services_.executor, progress,
                       {limits::unread_bytes_max, limits::reader_patience});
  progress_ = &reader;
  row_.id = BuildId::make(services_.random);
  Result<git::Deployed> deployed = fail(Errc::internal, "the deploy did not end");
  std::exception_ptr failure;
  std::vector<Task<>> tasks;
  tasks.push_back(carry_out_for(reader, deployed, failure));
  tasks.push_back(reader.run());
  co_await run_all(std::move(tasks));
  if (failure) std::rethrow_exception(failure);
  co_return deployed;
}

Task<> Deployment::carry_out_for(LaggingReader& reader, Result<git::Deployed>& deployed,
                                 std::exception_ptr& failure) {
  struct Close {
    LaggingReader& reader;
    ~Close() { reader.close(); }
  };
  const Close close{reader};
  try {
    deployed = co_await carry_out();
  } catch (...) {
    failure = std::current_exception();
  }
}

Task<Result<git::Deployed>> Deployment::carry_out() {
  if (!place_) {
    auto place = services_.build_queue.join(row_.id, request_.user);
    if (!place) {
      auto text = fmt::format(" !     {}\n !     {}\n", place.error().message, rejection(request_));
      co_await progress_->write(std::move(text));
      co_return std::move(place).error();
    }
    place_ = std::move(*place);
  }
  std::vector<Task<>> tasks;
  tasks.push_back(attempt());
  tasks.push_back(place_->cancelled());
  const auto ended = co_await race(std::move(tasks));
  // However it ended, no row must stay pending.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const std::exception_ptr failure = ended.failures.front();
  if (!written_) {
    co_await tell_failure(failure);
    if (failure && place_->cancelled_by().empty()) std::rethrow_exception(failure);
    co_return std::move(written_).error();
  }
  place_.reset();  // nothing to cancel any more
  co_await tell_success(*written_);
  services_.supervisor.changed(request_.app);
  proof_.reset();
  co_await follow_up();
  co_await collect_slugs(services_, row_.app, config_.slugs_kept);
  co_return git::Deployed{written_->release.version, config_.web_url(written_->app.name)};
}

Task<Result<>> Deployment::prepare(Task<Result<>> preparation) {
  Result<> done = fail(Errc::cancelled, "davitd ends");
  std::vector<Task<>> tasks;
  tasks.push_back(keep_result(std::move(preparation), done));
  tasks.push_back(place_->cancelled());
  const auto ended = co_await race(std::move(tasks));
  if (!place_->cancelled_by().empty()) {
    co_return fail(Errc::cancelled, "Build cancelled by {}.", place_->cancelled_by());
  }
  if (ended.failures.front()) std::rethrow_exception(ended.failures.front());
  co_return done;
}

void Deployment::use_archive(std::string path, CommitId commit) {
  request_.archive = std::move(path);
  row_.commit = request_.commit = std::move(commit);
}

Task<> Deployment::refuse(Error error) {
  if (!output_ || row_.status != store::Status::pending) co_return;  // it has an end already
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await say(fmt::format("\n !     {}\n\n !     Build failed\n", error.message));
  co_await give_up(std::move(error.message));
}

Task<> Deployment::attempt() {
  if (!output_) {
    auto begun = co_await begin(progress_);
    if (!begun) {
      written_ = std::move(begun).error();
      co_return;
    }
  }
  who_ = co_await user_name(services_, request_.user);
  co_await log_action(services_, request_.app, fmt::format("Build started by user {}", who_));
  co_await wait_for_place();
  auto slug = co_await build();
  if (!slug) {
    written_ = std::move(slug).error();
    co_return;
  }
  built_ = true;
  place_->built();
  written_ = co_await make_release(std::move(*slug));
}

// Why it ended although nobody asked for that by the API. `failure` may be null: then it was
// stopped, and said so.
std::string Deployment::why_it_broke(const std::exception_ptr& failure) const {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) return error.what();
  } catch (const std::exception& error) {
    return error.what();
  }
  if (services_.build_queue.is_ended()) return "davitd was stopped; deploy again";
  return request_.ref.empty() ? "the build was stopped; build again" : "cancelled by the pusher";
}

// What went wrong in the build was told by the build.
Task<> Deployment::tell_failure(std::exception_ptr failure) {
  const std::string& canceller = place_->cancelled_by();
  if (!output_) co_return;
  if (!canceller.empty()) {
    written_ = fail(Errc::cancelled, "Build cancelled by {}.", canceller);
    built_ = true;
  } else if (failure || written_.error().code == Errc::cancelled) {
    written_ = fail(Errc::cancelled, "{}", why_it_broke(failure));
    built_ = false;
  }
  if (built_) {
    co_await say(
        fmt::format(" !     {}\n !     {}\n", written_.error().message, rejection(request_)));
  }
  co_await give_up(written_.error().message);
}

Task<Result<>> Deployment::begin(OutputSink* progress) {
  if (row_.id.empty()) row_.id = BuildId::make(services_.random);
  if (!place_) {
    auto place = services_.build_queue.join(row_.id, request_.user);
    if (!place) co_return std::move(place).error();
    place_ = std::move(*place);
  }
  row_.app = request_.app;
  row_.user = request_.user;
  row_.commit = request_.commit;
  row_.ref = request_.ref;
  row_.source = request_.about;
  row_.created_at = row_.updated_at = services_.clock.wall();
  auto add = [row = row_](store::Stores& stores) { return stores.builds.add(row); };
  auto added = co_await services_.store.run(std::move(add));
  if (added) {
    output_ = std::make_unique<KeptOutput>(progress, services_.build_outputs.begin(row_.id.str()));
  }
  co_return added;
}

Task<> Deployment::wait_for_place() {
  co_await place_->wait(*output_);
  row_.started_at = row_.updated_at = services_.clock.wall();
  auto set = [row = row_](store::Stores& stores) { return stores.builds.update(row); };
  const auto updated = co_await services_.store.run(std::move(set));
  if (!updated) log::error("build not marked as begun", {{"error", updated.error().message}});
}

Task<> Deployment::give_up(std::string why) {
  proof_.reset();
  row_.status = store::Status::failed;
  row_.failure = why;
  row_.updated_at = services_.clock.wall();
  auto settle = [row = row_, pending = pending_, why](store::Stores& stores) -> Result<> {
    store::Transaction transaction(stores.database);
    DAVIT_TRY(stores.builds.update(row));
    if (pending) DAVIT_TRY(stores.releases.set_failed(*pending, why, row.updated_at));
    transaction.commit();
    return {};
  };
  const auto settled = co_await services_.store.run(std::move(settle));
  if (!settled) log::error("deploy not settled", {{"error", settled.error().message}});
  co_await log_action(services_, row_.app, "Build failed -- check your build output");
  if (loose_slug_) {
    auto remove = [&builder = services_.builder, id = *loose_slug_] {
      return builder.remove_slug(id);
    };
    (void)co_await run_blocking(services_.workers, std::move(remove));
  }
  co_await collect_slugs(services_, row_.app, config_.slugs_kept);
}

Task<> Deployment::tell_success(const Written& written) {
  const std::uint32_t version = written.release.version;
  co_await log_action(services_, row_.app,
                      fmt::format("Deploy {} by user {}", short_version(), who_));
  const char* const kind = written.release.canary ? " as a canary" : "";
  co_await log_action(services_, row_.app,
                      fmt::format("Release v{} created by user {}{}", version, who_, kind));
  co_await log_action(services_, row_.app, "Build succeeded");
}

// The release stands, whatever comes now: this only tells the pusher how its dynos fare. It may
// take as long as app.json's script takes, and davitd does not wait for that to end.
Task<> Deployment::follow_up() {
  std::vector<Task<>> tasks;
  tasks.push_back(show_boot());
  tasks.push_back(services_.build_queue.ended());
  const auto shown = co_await race(std::move(tasks));
  if (shown.first != 0 || shown.failures.front()) co_return;
  tasks.clear();
  tasks.push_back(run_postdeploy());
  tasks.push_back(services_.build_queue.ended());
  (void)co_await race(std::move(tasks));
}

Task<> Deployment::show_boot() {
  const Written& written = *written_;
  Booted booted{written.app.name.str(),
                config_.web_url(written.app.name),
                written.release,
                written.canary,
                {}};
  co_await say(fmt::format("       Released v{}\n", written.release.version));
  booted.boot =
      co_await services_.supervisor.wait_for_boot(written.release.app, written.release.id);
  co_await say(boot_report(booted));
}

}  // namespace davit::release
