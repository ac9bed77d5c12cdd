#pragma once
#include <boost/intrusive/list.hpp>
#include <mutex>
#include <unordered_map>

#include "router/guard/client_key.hpp"
#include "router/place_box.hpp"

namespace davit::router {
class Live;
}

namespace davit::router::guard {

class SlowHead;

// The heads that have begun and not ended, by client, the oldest first, over all threads. A client
// that begins one too many loses its oldest. Most heads come in one piece and never get here, so a
// lock does no harm. Bounded by the open connections. Any thread.
class SlowHeads {
 public:
  explicit SlowHeads(std::size_t per_client) : per_client_(per_client) {}
  std::size_t count() const;

 private:
  friend class SlowHead;
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::tag<SlowHeads>>;
  using Heads = boost::intrusive::list<SlowHead, boost::intrusive::base_hook<Hook>>;
  struct Hash {
    std::size_t operator()(ClientKey key) const {
      return static_cast<std::size_t>(key.value * 0x9e37'79b9'7f4a'7c15ull >> 16);
    }
  };
  void begin(SlowHead& head);
  void end(SlowHead& head);
  void unlist(SlowHead& head);

  const std::size_t per_client_;
  mutable std::mutex mutex_;
  std::unordered_map<ClientKey, Heads, Hash> by_client_;
};

// One of them, from its construction to its destruction; both on its connection's thread, as is the
// connection's end where it must go.
class SlowHead final : public SlowHeads::Hook, public Placed {
 public:
  struct Owner {
    Live& connection;  // outlives it
    PlaceBox& box;     // its thread's
    ClientKey client;
  };
  SlowHead(SlowHeads& all, Owner owner) : all_(all), owner_(owner) { all_.begin(*this); }
  ~SlowHead() override { all_.end(*this); }
  SlowHead(const SlowHead&) = delete;
  SlowHead& operator=(const SlowHead&) = delete;

  void on_placed() override;

 private:
  friend class SlowHeads;
  enum class State : std::uint8_t { away, listed, doomed };
  SlowHeads& all_;
  Owner owner_;
  State state_ = State::away;  // changes only with the lock
};

}  // namespace davit::router::guard
