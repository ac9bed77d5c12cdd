#pragma once
#include <array>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>

namespace davit::router {

class Crowd;

// A client's connection or a tunnel, as the worker knows it: it can be told to end. Held by its
// pending operations. What it does now decides what may be asked of it.
class Live : public boost::intrusive::list_base_hook<> {
 public:
  enum class Doing : std::uint8_t {
    busy,      // with a request, or a tunnel
    unread,    // its client does not take the answer that is there for it
    clogged,   // a tunnel, one of whose ends does not take what came: it holds buffers
    arriving,  // the head of a request has begun: it holds a buffer
    shaking,   // hands (TLS)
    leaving,   // all is said; its client may still send
    warm,      // nothing, but it may hold a buffer
    cold,      // nothing, and it holds none
  };
  static constexpr std::size_t doings = 8;

  virtual void finish_soon() = 0;  // end once nothing is in flight
  virtual void close_now() = 0;
  virtual void give_way() { close_now(); }  // its place or its buffers are needed
  virtual void cool_down() {}               // while warm: let the buffer go, soon
  // Its client begins too many heads at once, and this is the oldest.
  virtual void on_slow_head() { close_now(); }

 protected:
  Live() = default;
  virtual ~Live() { leave_crowd(); }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  void leave_crowd();
  Doing doing() const { return doing_; }

 private:
  friend class Crowd;
  Crowd* crowd_ = nullptr;
  Doing doing_ = Doing::busy;
  std::uint64_t since_ = 0;  // of doing_: a number that grows with each put()
};

// All connections of one thread, by what they do, those first that have done so the longest. It
// finds who must go so that others may come: first who is idle, then whose head or handshake does
// not get on, then who does not read what he asked for; never one whose request the app works on.
// Pure. One thread.
class Crowd {
 public:
  Crowd() = default;
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Puts it behind all others that do so, and takes it out of where it was. Few pointer writes:
  // twice a request.
  void put(Live& live, Live::Doing doing) {
    live.leave_crowd();
    live.crowd_ = this;
    live.doing_ = doing;
    live.since_ = ++puts_;
    part(doing).push_back(live);
  }
  Live* oldest(Live::Doing doing) {
    Part& of = part(doing);
    return of.empty() ? nullptr : &of.front();
  }
  // Closes one. false: all have requests that their apps work on.
  bool make_room();
  // Keeps at most so many that may hold a buffer without having a request. The newest stays.
  void keep_buffers_below(std::size_t count);

  std::size_t count(Live::Doing doing) const { return parts_[index(doing)].size(); }
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Each may end itself and no other.
  void finish_soon();
  void close_all();

 private:
  friend class Live;
  using Part = boost::intrusive::list<Live>;
  static constexpr std::size_t index(Live::Doing doing) { return static_cast<std::size_t>(doing); }
  Live* first_to_go();
  Part& part(Live::Doing doing) { return parts_[index(doing)]; }

  std::array<Part, Live::doings> parts_;
  std::uint64_t puts_ = 0;
};

inline void Live::leave_crowd() {
  if (crowd_ == nullptr) return;
  Crowd::Part& from = crowd_->part(doing_);
  from.erase(Crowd::Part::s_iterator_to(*this));
  crowd_ = nullptr;
}

}  // namespace davit::router
