#include "router/complaints.hpp"

#include "base/log.hpp"

namespace davit::router {

void Complaints::slow_head_closed(std::string_view client, SteadyTime now) {
  if (const auto times = slow_heads_.happened(now)) {
    log::warning("a client begins more heads than it ends: its oldest are closed",
                 {{"client", client}, {"closed", *times}});
  }
}

void Complaints::connection_refused(std::string_view client, SteadyTime now) {
  if (const auto times = per_client_.happened(now)) {
    log::warning("a client has all the connections that it may have: more are refused",
                 {{"client", client}, {"refused", *times}});
  }
}

void Complaints::connection_closed_for_room(SteadyTime now) {
  if (const auto times = for_room_.happened(now)) {
    log::warning("all connections are taken: those that idle longest are closed for others",
                 {{"closed", *times}, {"see", "--connections"}});
  }
}

void Complaints::all_connections_busy(SteadyTime now) {
  if (const auto times = busy_.happened(now)) {
    log::warning("all connections have requests: new ones wait",
                 {{"looks", *times}, {"see", "--connections"}});
  }
}

void Complaints::no_descriptor(SteadyTime now) {
  if (const auto times = descriptors_.happened(now)) {
    log::error("no file descriptor is left for a connection",
               {{"times", *times}, {"see", "ulimit -n, LimitNOFILE="}});
  }
}

void Complaints::request_refused(SteadyTime now) {
  if (const auto times = requests_.happened(now)) {
    log::warning("too many requests at once: more are refused (H99)",
                 {{"refused", *times}, {"see", "--requests"}});
  }
}

}  // namespace davit::router
