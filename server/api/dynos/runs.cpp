#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/frame.hpp"
#include "server/api/dynos/dyno_list.hpp"
#include "server/api/dynos/run_input.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "server/api/shape/stream_slot.hpp"

namespace davit::api {
namespace {

using supervisor::DynoState;
using supervisor::DynoView;
using supervisor::RunRequest;

// The command's other end for our own tool. The vendor's, which speaks TLS to a port of its own,
// gets another one here.
std::string attach_url(const Context& context, const std::string& secret) {
  return context.options.urls.control() + "/streams/runs/" + secret;
}

class UpgradedClient final : public supervisor::RunClient {
 public:
  explicit UpgradedClient(http::Exchange& exchange)
      : exchange_(exchange), decoder_(davit::run_stream::frame_bytes_max) {}

  Task<Result<davit::run_stream::ToCommand>> receive() override {
    for (;;) {
      auto frame = decoder_.next();
      if (!frame) co_return std::move(frame).error();
      if (*frame) co_return davit::run_stream::decode_to_command(std::move(**frame));
      auto bytes = co_await exchange_.receive();
      if (!bytes) co_return std::move(bytes).error();
      if (bytes->empty()) co_return fail(Errc::unavailable, "the client has hung up");
      decoder_.feed(*bytes);
    }
  }

  Task<Result<>> send(davit::run_stream::FromCommand message) override {
    auto frame = davit::run_stream::encode(message);
    co_return co_await exchange_.send(std::move(frame));
  }

 private:
  http::Exchange& exchange_;
  FrameDecoder decoder_;
};

// The release that one-offs run with.
Task<Result<store::Release>> runnable_release(Context& context, AppId app) {
  auto job = [app](store::Stores& stores) { return stores.releases.current(app); };
  auto release = co_await context.services.store.run(std::move(job));
  if (!release || !release->slug) {
    co_return fail(Errc::conflict,
                   "The app has no code yet, so nothing can be run with it. `git push "
                   "davit main` first.");
  }
  co_return release;
}

Result<Reply> run_reply(Context& context, const Call& call, const DynoView& dyno,
                        std::optional<RunTicket> ticket) {
  auto body = dyno_json(dyno, call.the_app());
  if (ticket) {
    const auto secret = context.run_tickets.give(std::move(*ticket));
    if (!secret) return secret.error();
    body["attach_url"] = attach_url(context, *secret);
  }
  return json_reply(201, body);
}

}  // namespace

Task<Result<Reply>> dyno_create(Context& context, Call& call) {
  auto input = parse_run_input(*call.body, RunKind::one_off);
  if (!input) co_return std::move(input).error();
  RunRequest request;
  if (!input->size.empty()) {
    auto size = context.services.sizes.find(input->size);
    if (!size) co_return std::move(size).error();
    request.size = std::move(*size);
  }
  auto release = co_await runnable_release(context, call.the_app().id);
  if (!release) co_return std::move(release).error();
  request.app = call.the_app();
  request.release = std::move(*release);
  request.type = input->type;
  request.command = supervisor::expand_process_type(input->command, request.release.processes);
  request.env = std::move(input->env);
  request.time_limit = input->time_limit;
  if (input->attach) request.interaction = input->interaction;
  std::string text = fmt::format("Starting process with command `{}` by user {}", request.command,
                                 call.who().email);
  auto dyno = co_await context.services.supervisor.run(std::move(request));
  if (!dyno) co_return std::move(dyno).error();
  co_await log_action(context, call.the_app().id, std::move(text));
  std::optional<RunTicket> ticket;
  if (input->attach) ticket = RunTicket{call.the_app().id, dyno->id, std::nullopt};
  co_return run_reply(context, call, *dyno, std::move(ticket));
}

Task<Result<Reply>> dyno_exec(Context& context, Call& call) {
  auto input = parse_run_input(*call.body, RunKind::exec);
  if (!input) co_return std::move(input).error();
  auto dyno = find_dyno(context, call.the_app().id, call.param("dyno"));
  if (!dyno) co_return no_such_dyno(call.param("dyno"));
  if (dyno->state == DynoState::idle && !dyno->frozen) {
    co_return fail(Errc::conflict,
                   "Dyno {} sleeps and its processes were stopped. A request to the app starts it "
                   "again; then nothing is in the way.",
                   dyno->name.str());
  }
  const bool alive = dyno->state == DynoState::up || dyno->state == DynoState::starting ||
                     dyno->state == DynoState::idle;
  if (!alive) {
    co_return fail(Errc::conflict,
                   "Dyno {} is not running, so nothing can be run inside it. `davit ps` "
                   "tells its state; `davit run` starts a dyno of your own.",
                   dyno->name.str());
  }
  std::string text = fmt::format("Running command `{}` inside {} by user {}", input->command,
                                 dyno->name.str(), call.who().email);
  co_await log_action(context, call.the_app().id, std::move(text));
  dyno->command = input->command;
  RunTicket ticket{call.the_app().id, dyno->id,
                   supervisor::ExecRequest{std::move(input->command), std::move(input->env),
                                           input->interaction}};
  co_return run_reply(context, call, *dyno, std::move(ticket));
}

Task<Result<Reply>> run_stream(Context& context, Call& call) {
  if (!http::asks_for_upgrade(call.request(), davit::run_stream::protocol_name)) {
    co_return fail(Errc::invalid_argument,
                   "This URL is for `davit run`: it wants `Connection: Upgrade` and `Upgrade: {}`.",
                   davit::run_stream::protocol_name);
  }
  auto ticket = context.run_tickets.take(call.param("ticket"));
  if (!ticket) {
    co_return fail(
        Errc::not_found,
        "Couldn't find that run: its URL was used, or is too old. Run the command again.");
  }
  const auto slot = StreamSlot::take(context, ticket->app);
  if (!slot) co_return slot.error();
  const auto begun = co_await call.exchange.upgrade(std::string(davit::run_stream::protocol_name));
  if (!begun) co_return streamed_reply();
  UpgradedClient client(call.exchange);
  auto& supervisor = context.services.supervisor;
  if (ticket->exec) {
    co_await supervisor.exec(ticket->dyno, std::move(*ticket->exec), client);
    co_return streamed_reply();
  }
  const auto ended = co_await supervisor.attach(ticket->dyno, client);
  if (!ended) {
    davit::run_stream::FromCommand refusal =
        davit::run_stream::Ended{126, 0, "refused", ended.error().message};
    (void)co_await client.send(std::move(refusal));
  }
  co_return streamed_reply();
}

}  // namespace davit::api
