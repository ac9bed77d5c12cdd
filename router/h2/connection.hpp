#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <vector>

#include "router/h2/flood_guard.hpp"
#include "router/h2/frame_memory.hpp"
#include "router/h2/frame_walk.hpp"
#include "router/h2/request_stream.hpp"
#include "router/h2/request_text.hpp"
#include "router/h2/reset_streams.hpp"
#include "router/net/send_progress.hpp"

struct nghttp2_session;

namespace davit::router::h2 {

struct Fields;

// One HTTP/2 connection (RFC 9113) over TLS: libnghttp2 speaks, this reads, writes, keeps time and
// counts what the client does. Frames of all streams travel in one write; responses are pulled from
// their exchanges as windows and the socket allow. Holds itself until it is closed. One thread; the
// worker outlives it.
class Connection final
    : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
      public Timed,
      public Live {
 public:
  static void start(Worker& worker, Stream stream, Client client);
  ~Connection() override;

  void finish_soon() override;
  void close_now() override;
  void cool_down() override;
  void on_slow_head() override;
  void on_deadline() override;

  // For its streams
  nghttp2_session* native() { return session_; }
  // Scratch for the head being sent right now: emptied, and as it was filled.
  Fields& fields();
  const Fields& filled_fields() const { return *fields_; }
  void count_sending(bool more);            // a stream has something to send, or no more
  void count_progress() { moved_ = true; }  // something of a response was sent
  void flush_soon();                        // after everything that this turn of the loop brings
  void wake_soon(RequestStream& stream);    // RequestStream::on_wake
  bool reads_on();
  void terminate(std::uint32_t error_code);

 private:
  using Ptr = boost::intrusive_ptr<Connection>;
  friend struct Callbacks;
  enum class State : std::uint8_t { open, cold, lingering, closed };

  Connection(Worker& worker, Stream stream, Client client);
  void read();
  void on_read(ErrorCode error, std::size_t bytes);
  void take(std::string_view bytes);
  void watch_head();
  Doing doing_now() const;
  void settle();
  std::uint32_t misplaced(const FrameWalk::Header& frame) const;
  void go_cold();
  void run();
  void wake_streams();
  void flush();
  bool write_out();
  bool fill();
  bool is_over() const;
  void linger();
  void say_goodbye();
  void check_time(SteadyTime now);
  void close_streams();

  RequestStream& open_stream(std::int32_t id);
  void close_stream(RequestStream& stream);
  void take_head(RequestStream& stream, bool ended);
  void count_reset();
  void count_control();
  bool may_read() const;

  Worker& worker_;
  Stream stream_;
  Client client_;
  FrameMemory memory_;
  nghttp2_session* session_ = nullptr;
  Buffer in_;
  Buffer out_;
  SendProgress progress_;
  RequestText request_;
  std::string trailers_;
  FloodGuard flood_;
  ResetStreams resets_;
  FrameWalk walk_;
  std::int32_t last_opened_ = 0;
  std::int32_t opening_ = 0;  // the stream whose head has begun and not ended; 0: none
  std::unique_ptr<guard::SlowHead> slow_head_;
  std::vector<RequestStream::Ptr> streams_;
  std::vector<RequestStream::Ptr> spare_;
  std::vector<RequestStream::Ptr> woken_;
  std::unique_ptr<Fields> fields_;
  std::string_view frame_;  // of the library, when `out_` had no space for it
  SteadyTime began_;
  SteadyTime idle_since_;  // no stream is open
  SteadyTime last_read_;
  SteadyTime blocked_since_{};
  SteadyTime goodbye_at_ = SteadyTime::max();
  std::size_t lingered_bytes_ = 0;
  std::size_t sending_ = 0;  // streams with something to send
  State state_ = State::open;
  bool reading_ = false;
  bool running_ = false;
  bool run_posted_ = false;
  bool dirty_ = false;  // something may be there to send
  bool waits_writable_ = false;
  bool greeted_ = false;  // by the client's SETTINGS
  bool flooded_ = false;
  bool goodbye_said_ = false;
  bool moved_ = false;      // since settle()
  bool cool_soon_ = false;  // told to, when no read could be cancelled
  Ptr self_;
};

}  // namespace davit::router::h2
