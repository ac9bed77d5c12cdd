#pragma once
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace davit::test {

// A blocking client that sends exactly what a test says. Reads end after ten seconds: a test then
// fails, not hangs.
class RawClient {
 public:
  static RawClient tcp(std::uint16_t port);
  static RawClient unix_socket(
      const std::string& path);  // connected() is false where nobody serves

  bool connected() const { return static_cast<bool>(fd_); }
  bool send(std::string_view bytes);  // false: the peer has closed
  void end_input();                   // shutdown(SHUT_WR)
  std::string read_all();             // until the peer closes
  std::string read_until(std::string_view mark);
  // A response with a Content-Length: its head and body.
  std::string read_response();
  void close() { fd_.reset(); }

 private:
  explicit RawClient(UniqueFd fd);
  bool more();
  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace davit::test
