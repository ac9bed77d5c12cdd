#include "server/git/push.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/log.hpp"
#include "base/race.hpp"
#include "base/run_blocking.hpp"
#include "server/git/connectivity.hpp"
#include "server/git/fast_forward.hpp"
#include "server/git/text_response.hpp"

namespace davit::git {
namespace {

constexpr const char* declined = "pre-receive hook declined";  // the vendor's words

// Sets a flag after a while, also when the coroutine waits for a worker.
class StopTimer {
 public:
  StopTimer(const asio::any_io_executor& executor, std::chrono::seconds after,
            std::shared_ptr<std::atomic<bool>> stop)
      : timer_(executor, after) {
    timer_.async_wait([stop = std::move(stop)](const boost::system::error_code& ec) {
      if (!ec) stop->store(true);
    });
  }

 private:
  asio::steady_timer timer_;
};

void log_failure(const std::exception_ptr& failure, const AppId& app) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return;
    log::error("deploy failed", {{"app", app.str()}, {"error", error.what()}});
  } catch (const std::exception& error) {
    log::error("deploy failed", {{"app", app.str()}, {"error", error.what()}});
  }
}

}  // namespace

Push::Push(Services services, http::Exchange& exchange, PushAccess access)
    : services_(services), exchange_(exchange), access_(std::move(access)) {}

Task<> Push::run() {
  auto read = co_await read_request();
  if (!read) {
    auto error = read.error();
    co_await respond_error(exchange_, std::move(error));
    co_return;
  }
  if (request_.commands.empty()) {
    // git's probe before a large push: is the password right?
    auto head = git_head("application/x-git-receive-pack-result");
    co_await exchange_.respond(std::move(head), std::string());
    co_return;
  }
  auto received = co_await receive_pack();
  if (received) received = co_await plan_commands();
  if (received) received = co_await verify();
  if (!received) co_await body_->drop(limits::refused_bytes_max);
  co_await answer(std::move(received));
  co_await forget_quarantine();
}

Task<Result<>> Push::read_request() {
  const auto bytes_max = services_.limits.pack_bytes_max + limits::command_bytes_max;
  auto body = RequestBody::open(exchange_, bytes_max);
  if (!body) co_return std::move(body).error();
  body_ = std::move(*body);
  PushRequestParser parser;
  while (!parser.complete()) {
    auto piece = co_await body_->next();
    if (!piece) co_return std::move(piece).error();
    if (piece->empty()) {
      co_return fail(Errc::corrupt, "the push is cut short before its commands end");
    }
    auto fed = parser.feed(*piece);
    if (!fed) co_return std::move(fed).error();
  }
  pack_start_ = parser.take_rest();
  request_ = parser.take_request();
  plan_.emplace(request_);
  co_return Result<>{};
}

Task<Result<>> Push::store_pack(std::string bytes) {
  auto job = [this, &bytes] { return quarantine_->append(bytes); };
  co_return co_await run_blocking(services_.workers, job);
}

Task<Result<>> Push::receive_pack() {
  const bool wanted = request_.needs_pack();
  if (wanted) {
    auto create = [this] {
      return Quarantine::create(access_.repository, services_.limits, *stop_);
    };
    auto created = co_await run_blocking(services_.workers, create);
    if (!created) co_return std::move(created).error();
    quarantine_ = std::move(*created);
  }
  for (std::string piece = std::move(pack_start_);;) {
    if (!piece.empty()) {
      if (!wanted) co_return fail(Errc::corrupt, "a push that only deletes has no pack");
      DAVIT_CO_TRY(co_await store_pack(std::move(piece)));
    }
    auto next = co_await body_->next();
    if (!next) co_return std::move(next).error();
    if (next->empty()) break;
    piece = std::move(*next);
  }
  if (!wanted) co_return Result<>{};
  const StopTimer limit(co_await asio::this_coro::executor, services_.limits.index_timeout, stop_);
  auto finish = [this] { return quarantine_->finish(); };
  co_return co_await run_blocking(services_.workers, finish);
}

Task<Result<>> Push::plan_commands() {
  auto list = [this] { return list_refs(access_.repository); };
  auto refs = co_await run_blocking(services_.workers, list);
  if (!refs) co_return std::move(refs).error();
  plan_->check(*refs);
  co_return Result<>{};
}

// Two colleagues push one after the other, the second on top of the first's commit: nothing is lost
// by taking the second too, although it names the branch's old value.
Task<Result<>> Push::follow_moved_branch() {
  const auto* command = plan_->deploy();
  if (command == nullptr) co_return Result<>{};
  auto look = [this, command]() -> Result<CommitId> {
    auto refs = list_refs(access_.repository);
    if (!refs) return std::move(refs).error();
    const auto now = refs->ids.find(command->ref);
    if (now == refs->ids.end() || now->second == command->old_id.str()) return CommitId();
    auto commit = CommitId::parse(now->second);
    if (!commit) return std::move(commit).error();
    auto on_top = descends(access_.repository, quarantine_ ? quarantine_->path() : std::string(),
                           command->new_id, *commit);
    if (!on_top) return std::move(on_top).error();
    return *on_top ? std::move(*commit) : CommitId();
  };
  auto moved = co_await run_blocking(services_.workers, look);
  if (!moved) co_return std::move(moved).error();
  if (!moved->empty()) plan_->follow(command->ref, *moved);
  co_return Result<>{};
}

Task<Result<>> Push::verify() {
  const StopTimer limit(co_await asio::this_coro::executor, services_.limits.index_timeout, stop_);
  auto walk = [this] {
    return check_connectivity(access_.repository, quarantine_ ? quarantine_->path() : std::string(),
                              plan_->accepted(), *stop_);
  };
  auto connected = co_await run_blocking(services_.workers, walk);
  if (!connected && request_.shallow) {
    co_return fail(Errc::corrupt,
                   "the push comes from a shallow clone and its history is not complete here: "
                   "run `git fetch --unshallow` and push again");
  }
  co_return connected;
}

Task<> Push::answer(Result<> received) {
  auto head = git_head("application/x-git-receive-pack-result");
  if (const auto started = co_await exchange_.start(std::move(head)); !started) co_return;
  SideBand band(exchange_, co_await asio::this_coro::executor, request_.can("side-band-64k"));
  std::string unpack_error;
  if (received) {
    co_await carry_out(band);
  } else {
    unpack_error = received.error().message;
    plan_->refuse_all("unpacker error");
    auto text = fmt::format(" !     Push rejected: {}\n", unpack_error);
    co_await band.write(std::move(text));
  }
  if (request_.can("report-status")) {
    auto report = report_status(unpack_error, plan_->outcomes());
    co_await band.send_report(std::move(report));
  } else {
    co_await band.send_report(std::string());
  }
  co_await exchange_.finish();
}

Task<> Push::carry_out(SideBand& band) {
  auto notes = plan_->notes();
  co_await band.write(std::move(notes));
  if (plan_->deploy() != nullptr) {
    co_await deploy_watched(band);
    co_return;
  }
  if (plan_->accepted().empty()) co_return;
  auto job = [this] { return move_refs(); };
  const auto moved = co_await run_blocking(services_.workers, job);
  if (!moved) plan_->refuse_all(moved.error().message);
}

Task<> Push::deploy_watched(SideBand& band) {
  std::vector<Task<>> tasks;
  tasks.push_back(deploy(band));
  tasks.push_back(watch_client());
  tasks.push_back(band.keep_alive());
  const auto ended = co_await race(std::move(tasks));
  const auto& failure = ended.failures.front();
  if (!failure) co_return;
  log_failure(failure, access_.app);
  plan_->refuse_all(client_gone_ ? "the push was cancelled" : "internal server error");
}

Task<> Push::deploy(SideBand& band) {
  struct EndKeepAlive {
    SideBand& band;
    ~EndKeepAlive() { band.end_keep_alive(); }
  };
  const EndKeepAlive end{band};
  auto app = access_.app;
  const auto turn = co_await services_.deployer.take_turn(std::move(app), band);
  if (!turn) {
    auto text = fmt::format(" !     {}\n", turn.error().message);
    co_await band.write(std::move(text));
    plan_->refuse_all(declined);
    co_return;
  }
  // The push before us may have moved what this one was based on.
  if (const auto followed = co_await follow_moved_branch(); !followed) {
    plan_->refuse_all(followed.error().message);
    co_return;
  }
  if (const auto planned = co_await plan_commands(); !planned) {
    plan_->refuse_all(planned.error().message);
    co_return;
  }
  const auto* command = plan_->deploy();
  if (command == nullptr) {
    plan_->refuse_all("fetch first");
    co_return;
  }
  DeployRequest request{access_.app,        access_.user,
                        command->new_id,    command->ref,
                        access_.repository, quarantine_ ? quarantine_->path() : std::string()};
  std::function<Result<>()> move = [this] { return move_refs(); };
  const auto deployed =
      co_await services_.deployer.deploy(std::move(request), band, std::move(move));
  if (!deployed) {
    log::info("push declined", {{"app", access_.app.str()}, {"error", deployed.error().message}});
    // After the refs have moved the push is done, whatever the dynos do next.
    if (!refs_moved_) plan_->refuse_all(declined);
  }
}

Task<> Push::watch_client() {
  co_await exchange_.client_gone();
  client_gone_ = true;
  if (!refs_moved_) co_return;  // ends the group, which cancels the deploy
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

Result<> Push::move_refs() {
  if (client_gone_) return fail(Errc::cancelled, "the pusher went away");
  const auto commands = plan_->accepted();
  if (quarantine_) DAVIT_TRY(quarantine_->migrate());
  DAVIT_TRY(update_refs(access_.repository, commands));
  refs_moved_ = true;
  if (const auto* deployed = plan_->deploy(); deployed != nullptr) {
    const auto pointed = point_head(access_.repository, deployed->ref);
    if (!pointed) log::warning("HEAD not moved", {{"error", pointed.error().message}});
  }
  return {};
}

Task<> Push::forget_quarantine() {
  auto job = [this] { quarantine_.reset(); };
  co_await run_blocking(services_.workers, job);
}

}  // namespace davit::git
