#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/frame.hpp"
#include "base/task_group.hpp"
#include "base/unique_fd.hpp"
#include "router/access_log.hpp"
#include "router/protocol/messages.hpp"
#include "router/route_table.hpp"

namespace davit::router {

// The router whose place we took, while it finishes its requests. To it we are davitd: its log
// lines go into our log, it gets every table that we get, and a dyno is drained when it is on both
// sides. io thread.
class Predecessor {
 public:
  struct Handlers {
    std::function<void(const std::string& dyno)> drained;
    std::function<void(const std::string& app)>
        wanted;  // a request there waits for an app that sleeps
    std::function<void(const Metrics& metrics)> traffic;  // that it served
  };
  Predecessor(asio::io_context& io, AccessLog& access_log, Handlers handlers)
      : access_log_(access_log),
        handlers_(std::move(handlers)),
        socket_(io),
        tasks_(io.get_executor()) {}

  void start(UniqueFd connection);
  void stop();
  bool alive() const { return socket_.is_open(); }

  // As the change that made it, where the old router can take that; null: there is none.
  void send_table(std::shared_ptr<const Routes> table, const TableChange* change);
  // Ours is: passed to the handler now, or when it has ended there too.
  void drained_here(const std::string& dyno);

 private:
  Task<> read();
  void take(Event event);
  void take_lines(LogBatch batch);
  void send(const Command& command);
  void write();
  void ended();

  AccessLog& access_log_;
  const Handlers handlers_;
  asio::local::stream_protocol::socket socket_;
  TaskGroup tasks_;
  int speaks_ = 0;                       // its protocol
  std::shared_ptr<const Routes> table_;  // the last that it was sent
  std::string stream_;                   // of its log lines; known from its Hello on
  std::string queued_;
  std::shared_ptr<std::string> sending_;
  std::set<std::string> drained_there_;
  std::set<std::string> only_here_;  // drained on our side
};

}  // namespace davit::router
