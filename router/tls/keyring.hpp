#pragma once
#include <atomic>
#include <memory>

#include "router/limits.hpp"
#include "router/tls/certificates.hpp"
#include "router/tls/ticket_keys.hpp"

namespace davit::router::tls {

// What all threads' handshakes share: two immutable snapshots behind atomic pointers. Read by any
// thread; replaced by the io thread of the control channel.
class Keyring {
 public:
  explicit Keyring(Random& random)
      : random_(random),
        tickets_(std::make_shared<const TicketKeys>(TicketKeys::rotated(nullptr, random))) {}

  std::shared_ptr<const Certificates> certificates() const { return certificates_.load(); }
  std::shared_ptr<const TicketKeys> tickets() const { return tickets_.load(); }

  void set(std::shared_ptr<const Certificates> certificates) {
    certificates_.store(std::move(certificates));
  }
  void set(TicketKeys tickets) {
    tickets_.store(std::make_shared<const TicketKeys>(std::move(tickets)));
  }
  // A fresh ticket key each limits::ticket_rotation. Now and then.
  void rotate(SteadyTime now) {
    if (rotate_at_ == SteadyTime()) rotate_at_ = now + limits::ticket_rotation;
    if (now < rotate_at_) return;
    rotate_at_ = now + limits::ticket_rotation;
    set(TicketKeys::rotated(tickets().get(), random_));
  }

 private:
  Random& random_;
  SteadyTime rotate_at_{};
  std::atomic<std::shared_ptr<const Certificates>> certificates_{
      std::make_shared<const Certificates>()};
  std::atomic<std::shared_ptr<const TicketKeys>> tickets_;
};

}  // namespace davit::router::tls
