#pragma once
#include <map>
#include <string>

#include "base/door.hpp"

namespace davit::test {

// A router's side of a dyno's door, blocking with a deadline.
class DoorClient {
 public:
  explicit DoorClient(const std::string& path);

  bool connected() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  void ask(std::uint64_t id);
  // The reply to this id; others that come first are kept. Fails the test when none comes.
  door::Reply reply(std::uint64_t id);
  door::Reply request(std::uint64_t id);  // ask and reply
  bool closed_by_peer();                  // waits for it

 private:
  UniqueFd fd_;
  std::map<std::uint64_t, door::Reply> early_;
};

// Sends the text and reads until the other side closes; with a deadline.
std::string talk(int socket, const std::string& text);

}  // namespace davit::test
