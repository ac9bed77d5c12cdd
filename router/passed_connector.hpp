#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "router/connector.hpp"

namespace davit::router {

// Connections made by a dyno's davit-dyno inside the dyno's network namespace and passed here over
// its door (base/door.hpp). One connection to each door, made when it is needed first; requests on
// it overtake each other. A door that is gone refuses.
class PassedConnector final : public Connector {
 public:
  // timeout: of one connection; davit-dyno gives up at limits of its own, which say more.
  PassedConnector(asio::io_context& io, TimerWheel& wheel, const Clock& clock,
                  std::chrono::milliseconds timeout);
  ~PassedConnector() override;
  void connect(const Target& target, ConnectHandler handler) override;
  void forget(const Target& target) override;
  void close() override;

 private:
  class Door;
  std::shared_ptr<Door> door_of(const std::string& endpoint);

  asio::io_context& io_;
  TimerWheel& wheel_;
  const Clock& clock_;
  const std::chrono::milliseconds timeout_;
  std::unordered_map<std::string, std::shared_ptr<Door>> doors_;  // by the target's endpoint
};

// Each target by the connector that its address asks for.
class ConnectorByAddress final : public Connector {
 public:
  ConnectorByAddress(asio::io_context& io, TimerWheel& wheel, const Clock& clock,
                     std::chrono::milliseconds timeout)
      : direct_(io, wheel, clock, timeout), passed_(io, wheel, clock, timeout) {}
  void connect(const Target& target, ConnectHandler handler) override {
    of(target).connect(target, std::move(handler));
  }
  void forget(const Target& target) override { of(target).forget(target); }
  void close() override {
    direct_.close();
    passed_.close();
  }

 private:
  Connector& of(const Target& target) {
    return Address::is_door(target.endpoint) ? static_cast<Connector&>(passed_) : direct_;
  }

  DirectConnector direct_;
  PassedConnector passed_;
};

}  // namespace davit::router
