#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "router/access_log.hpp"
#include "router/affinity.hpp"
#include "router/balancer.hpp"
#include "router/gate.hpp"
#include "router/http/chunk_decoder.hpp"
#include "router/http/head_parser.hpp"
#include "router/net/send_progress.hpp"
#include "router/worker.hpp"

namespace davit::router {

class ClientSide;

// One request and its response: finds a dyno, sends the rewritten head, streams both bodies at once
// through one block each, and says how it ended. A part of its client side, used again for its next
// request. One thread.
class Forward final : public Parked, public Waiter, public Placed {
 public:
  explicit Forward(ClientSide& client);
  ~Forward() override;

  // worker.request_head is the head that the first `head_bytes` of client.input() hold.
  void start(std::size_t head_bytes);
  void on_client_read(ErrorCode error);  // client.input() has more of the body
  void on_client_writable() { pump_download(); }
  void on_client_took() { touch(); }  // a part of what it was sent
  void on_client_gone();
  void on_deadline();
  void on_wake() override;
  void on_place() override;   // any thread
  void off_place() override;  // any thread
  void on_placed() override;
  void abandon();  // the client's connection ends
  std::uint64_t attempt() const { return attempt_; }

 private:
  enum class Phase : std::uint8_t { idle, parked, queued, connecting, running };

  // What is forgotten from request to request.
  struct Request {
    http::BodyKind body = http::BodyKind::none;
    std::uint64_t left = 0;
    http::ChunkDecoder chunks;
    int minor = 1;
    bool keep_alive = true;
    bool is_head = false;
    bool idempotent = false;
    bool wants_upgrade = false;
    bool expects_continue = false;
    bool accepts_json = false;
    bool for_control = false;
    bool read = false;         // to its last byte
    bool sent = false;         // to its last byte
    bool send_broken = false;  // the dyno takes no more; its answer may still come
    bool replayable = true;    // `up_` still holds everything that was sent
    bool any_sent = false;
    bool waited = false;         // for its app, or for a dyno that takes it
    bool had_place = false;      // at a dyno
    bool all_refuse = false;     // no dyno of its app takes connections: not its own slowness
    std::size_t sent_bytes = 0;  // of up_
    std::int64_t hsts_seconds = 0;
    std::int64_t retry_after = 0;                  // seconds, where it is refused
    std::array<char, affinity_token_chars> token;  // of its affinity cookie
    std::size_t token_chars = 0;
    SteadyTime started{};
    WallTime began{};  // the same moment
    SteadyTime sent_at{};
  };
  struct Response {
    http::HeadScan scan{limits::response_head_bytes_max};
    http::BodyKind body = http::BodyKind::none;
    std::uint64_t left = 0;
    http::ChunkDecoder chunks;
    int interims = 0;
    bool any = false;        // a first byte came
    bool committed = false;  // a part of it went to the client: no error page any more
    bool read = false;       // to its last byte
    bool bare = false;       // chunks are taken off for a client without chunked coding
    bool keep_upstream = false;
    bool keep_client = false;
  };

  // forward.cpp: its begin and its ends
  bool is_let_in();
  void leave_room();
  void name_app(const App& app);
  void let_go();
  void finish();
  void fail(HCode code);
  std::string_view own_page(HCode code) const;
  void interrupted(HCode code);  // by the client
  void write_log(HCode code, int status);

  // forward_head.cpp
  void take_head(std::size_t head_bytes);
  void take_token(const http::RequestHead& head);
  std::string affinity_line() const;

  // forward_dispatch.cpp
  void dispatch();
  void dispatch_to_app(const App& app);
  const Target* preferred(const App& app) const;
  bool names(const Target& target) const;
  void use(InFlight place);
  void connect(const TargetPtr& target);
  void on_connected(ConnectResult result);
  void attach(Socket socket, bool reused);
  void close_upstream();

  // forward_queue.cpp
  void park(const App& app);
  bool is_paused(const App& app) const;
  void pause(const App& app);
  void queue(const App& app, const Target* only);
  void leave_queue();
  void look_while_waiting(SteadyTime now);
  void look_again();
  bool waits() const { return phase_ == Phase::parked || phase_ == Phase::queued; }

  // forward_deadline.cpp
  SteadyTime waits_until() const;
  SteadyTime deadline() const;
  HCode expired() const;
  bool read_slowly();
  void touch() { last_activity_ = worker_.clock.steady(); }

  // forward_https.cpp
  HCode misdirected() const;
  void redirect_to_https();

  // forward_upload.cpp
  bool take_body();
  void refuse_body();
  void pump_upload();
  bool next_body_part();
  void on_upstream_writable(ErrorCode error, std::size_t);

  // forward_download.cpp
  void read_response();
  void on_upstream_read(ErrorCode error, std::size_t bytes);
  void on_upstream_end(ErrorCode error);
  void read_response_head();
  bool pass_interim(std::size_t head_bytes);
  void send_response_head(std::size_t head_bytes);
  bool frame_response();
  bool frame_chunks();
  void pump_download();
  void start_tunnel(std::size_t head_bytes);

  // A handler that does nothing once this attempt is over.
  template <class Method>
  auto bind(Method method);

  ClientSide& client_;
  Worker& worker_;
  Phase phase_ = Phase::idle;
  std::uint64_t attempt_ = 0;
  Request request_;
  Response response_;
  LogRecord record_;
  Tried tried_;
  int tries_ = 0;
  HCode last_refusal_ = HCode::h21;
  bool has_room_ = false;  // counted in worker.requests
  bool fresh_only_ = false;
  bool reused_ = false;
  InFlight in_flight_;
  GatePtr gate_;             // while it waits
  SteadyTime only_until_{};  // from then on any dyno will do
  std::optional<Socket> upstream_;
  Buffer up_;
  Buffer down_;
  std::string trailers_;  // of the response, where its chunks are taken off
  SendProgress to_dyno_;
  SteadyTime retry_at_{};
  SteadyTime paused_until_{};  // while it waits for that
  SteadyTime connect_started_{};
  SteadyTime last_activity_{};
};

}  // namespace davit::router
