#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "router/access_log.hpp"
#include "router/net/send_progress.hpp"
#include "router/net/stream.hpp"
#include "router/worker.hpp"

namespace davit::router {

// An upgraded connection: bytes both ways until both ends have ended, or nothing moved for its idle
// time. Counts as in flight; its log line is written at its end. Holds itself. One thread.
class Tunnel final : public boost::intrusive_ref_counter<Tunnel, boost::thread_unsafe_counter>,
                     public Timed,
                     public Live {
 public:
  struct Ends {
    Stream client;
    Stream dyno;
    Buffer to_dyno;  // read already
    Buffer to_client;
    SteadyTime::duration idle;
  };
  static void start(Worker& worker, Ends ends, InFlight in_flight, LogRecord record);

  void finish_soon() override {}  // gets the time that shutting down has
  void close_now() override { end(HCode::none); }
  void give_way() override { end(HCode::h27); }  // one of its ends does not read
  void on_deadline() override;

 private:
  using Ptr = boost::intrusive_ptr<Tunnel>;
  struct Way {
    Stream& from;
    Stream& to;
    Buffer bytes;
    SendProgress progress{};
    bool ended = false;
    bool blocked = false;  // `to` takes no more for now
  };

  Tunnel(Worker& worker, Ends ends, InFlight in_flight, LogRecord record);
  void pump(Way& way);
  void read(Way& way);
  void on_read(Way& way, ErrorCode error, std::size_t bytes);
  bool read_slowly();
  void settle();
  void end(HCode code);

  Worker& worker_;
  Stream client_;
  Stream dyno_;
  Way up_;
  Way down_;
  InFlight in_flight_;
  LogRecord record_;
  SteadyTime::duration idle_;
  SteadyTime started_;
  SteadyTime last_activity_;
  bool open_ = true;
  Ptr self_;
};

}  // namespace davit::router
