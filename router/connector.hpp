#pragma once
#include <boost/intrusive/list.hpp>
#include <functional>
#include <optional>

#include "router/net/socket.hpp"
#include "router/target.hpp"
#include "router/timer_wheel.hpp"

namespace davit::router {

enum class ConnectState : std::uint8_t { connected, refused, timed_out };
struct ConnectResult {
  ConnectState state = ConnectState::refused;
  std::optional<Socket> socket;  // when connected
};
using ConnectHandler = std::function<void(ConnectResult)>;

// How the router gets a connection to a target.
class Connector {
 public:
  virtual ~Connector() = default;
  // Calls the handler once, never before it returns, at the latest two ticks after its time limit.
  virtual void connect(const Target& target, ConnectHandler handler) = 0;
  // The target left the table: nothing new will be asked of it.
  virtual void forget(const Target&) {}
  // The end: lets go of everything that would keep the io_context running. Handlers are dropped.
  virtual void close() {}
};

// connect(2), TCP or Unix.
class DirectConnector final : public Connector {
 public:
  DirectConnector(asio::io_context& io, TimerWheel& wheel, const Clock& clock,
                  std::chrono::milliseconds timeout)
      : io_(io), wheel_(wheel), clock_(clock), timeout_(timeout) {}
  void connect(const Target& target, ConnectHandler handler) override;
  void close() override;

 private:
  struct Attempt;
  struct Pending : boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {};

  asio::io_context& io_;
  TimerWheel& wheel_;
  const Clock& clock_;
  const std::chrono::milliseconds timeout_;
  boost::intrusive::list<Pending, boost::intrusive::constant_time_size<false>> pending_;
};

}  // namespace davit::router
