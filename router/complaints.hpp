#pragma once
#include <string_view>

#include "router/complaint.hpp"

namespace davit::router {

// What an attack makes one thread do, told in the router's own log. One thread.
class Complaints {
 public:
  // `client`: the one that it was noticed with; there may be others.
  void slow_head_closed(std::string_view client, SteadyTime now);
  void connection_refused(std::string_view client, SteadyTime now);
  void connection_closed_for_room(SteadyTime now);
  void all_connections_busy(SteadyTime now);
  void no_descriptor(SteadyTime now);
  void request_refused(SteadyTime now);

 private:
  Complaint slow_heads_;
  Complaint per_client_;
  Complaint for_room_;
  Complaint busy_;
  Complaint descriptors_;
  Complaint requests_;
};

}  // namespace davit::router
