#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "server/git/pkt_line.hpp"

// The request of a push (gitprotocol-pack(5), "Reference Update Request"). Sans I/O.
namespace davit::git {

inline constexpr std::string_view zero_id = "0000000000000000000000000000000000000000";

struct RefCommand {
  CommitId old_id;  // all zero: does not exist
  CommitId new_id;  // all zero: delete
  std::string ref;  // as sent: check_ref_name before use
  bool deletes() const { return new_id.str() == zero_id; }
  bool creates() const { return old_id.str() == zero_id; }
};

struct PushRequest {
  std::vector<RefCommand> commands;
  std::set<std::string, std::less<>> capabilities;
  std::vector<std::string> options;
  bool shallow = false;  // the pusher's history has a cut
  bool can(std::string_view capability) const { return capabilities.contains(capability); }
  bool needs_pack() const;  // something is created or changed
};

// Takes bytes as they come until the commands (and push options) are complete.
class PushRequestParser {
 public:
  // True when complete. Errors, for good: corrupt, limit_exceeded, too_large, invalid_argument.
  Result<bool> feed(std::string_view bytes);
  bool complete() const { return state_ == State::complete; }
  PushRequest take_request() { return std::move(request_); }
  std::string take_rest() { return packets_.take_rest(); }  // the pack's first bytes

 private:
  enum class State { commands, options, complete, failed };
  Result<> take(const Packet& packet);
  Result<> take_command(std::string_view line);
  Result<> take_option(std::string_view line);
  Result<> take_capabilities(std::string_view list);

  PktReader packets_;
  PushRequest request_;
  State state_ = State::commands;
  std::size_t bytes_ = 0;
};

}  // namespace davit::git
