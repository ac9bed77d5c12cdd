#pragma once
#include <memory>
#include <mutex>

#include "router/limits.hpp"
#include "router/tls/certificates.hpp"
#include "router/tls/ticket_keys.hpp"

namespace davit::router::tls {

// What all threads' handshakes share: two immutable snapshots behind a mutex, taken once for each
// handshake. Read by any thread; replaced by the main thread.
class Keyring {
 public:
  explicit Keyring(Random& random)
      : random_(random),
        tickets_(std::make_shared<const TicketKeys>(TicketKeys::rotated(nullptr, random))) {}

  std::shared_ptr<const Certificates> certificates() const {
    const std::scoped_lock lock(mutex_);
    return certificates_;
  }
  std::shared_ptr<const TicketKeys> tickets() const {
    const std::scoped_lock lock(mutex_);
    return tickets_;
  }

  void set(std::shared_ptr<const Certificates> certificates) {
    const std::scoped_lock lock(mutex_);
    certificates_.swap(certificates);  // those before go away behind the lock
  }
  void set(TicketKeys tickets) {
    auto made = std::make_shared<const TicketKeys>(std::move(tickets));
    const std::scoped_lock lock(mutex_);
    tickets_.swap(made);
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
  mutable std::mutex mutex_;
  std::shared_ptr<const Certificates> certificates_ = std::make_shared<const Certificates>();
  std::shared_ptr<const TicketKeys> tickets_;
};

}  // namespace davit::router::tls
