#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "base/unique_fd.hpp"
#include "router/access_log.hpp"
#include "router/route_table.hpp"
#include "router/tls/service.hpp"

namespace davit::router {

// What the control connection asks of the router. Main thread.
class ControlHandler {
 public:
  virtual Hello hello() const = 0;
  virtual void connected() = 0;  // hello() was sent to a new davitd
  struct NewTable {
    Routes::Compiled compiled;
    std::shared_ptr<const TableChange> change;  // that made it; null: it came as a whole
  };
  virtual std::shared_ptr<const Routes> current_routes() const = 0;  // never null
  virtual void apply(NewTable table) = 0;
  virtual const tls::Service& tls() const = 0;
  virtual void apply_certificates(std::uint64_t version, tls::Certificates::Compiled compiled) = 0;
  virtual void shut_down() = 0;
  virtual void hand_over() = 0;

 protected:
  ~ControlHandler() = default;
};

// <run>/router.sock: router/protocol/messages.hpp. One davitd at a time, the newest; what it misses
// while away is in the next Hello and in the log's spool. Tables are parsed on the pool. Main
// thread.
class ControlServer final : public AccessLog::Reader {
 public:
  ControlServer(asio::io_context& io, asio::thread_pool& pool, AccessLog& access_log,
                ControlHandler& handler);
  ~ControlServer();

  // Takes the lock beside the socket and replaces a socket file that was left behind. Errors:
  // conflict (another router runs there), io.
  Result<> open(const std::string& path);
  // In place of open(): what a running router has passed on.
  Result<> adopt(const std::string& path, UniqueFd lock, UniqueFd listening);
  void start();
  void stop();  // open() and start() must not follow
  // Gives lock, listening socket and `rest` (pass_on_estate) to the heir that asked. From then on
  // only its connection is served. On error everything is as before.
  Result<> pass_on(const std::vector<int>& rest);
  void send(const Event& event);
  // Whoever is connected knows what came with that version of the protocol.
  bool peer_speaks(int version) const;
  // Nobody is connected, or everything is sent and acknowledged.
  bool is_settled() const;
  void on_log_lines() override;

 private:
  struct Connection;
  using ConnectionPtr = std::shared_ptr<Connection>;
  using Acceptor = asio::basic_socket_acceptor<asio::local::stream_protocol>;

  Task<> accept_all();
  Task<> serve(ConnectionPtr connection);
  Task<> handle(ConnectionPtr connection, Frame frame);
  Task<> take_certificates(ConnectionPtr connection, Command command);
  Task<> take_table(ConnectionPtr connection, Command command);
  void send_to(ConnectionPtr connection, std::string bytes);
  void write(ConnectionPtr connection);
  void flush_log();
  void drop(const ConnectionPtr& connection);

  asio::io_context& io_;
  asio::thread_pool& pool_;
  AccessLog& access_log_;
  ControlHandler& handler_;
  TaskGroup tasks_;
  Acceptor acceptor_;
  bool flushing_ = false;
  std::string path_;
  UniqueFd lock_;
  ConnectionPtr current_;
};

}  // namespace davit::router
