#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <list>

#include "buildpacks/static/server/site.hpp"

namespace davit::static_site {

// HTTP/1.1 over one thread. `site` outlives it; run the io_context until it has no work: after
// stop() that is when the last answer is out, at most 5 s.
class FileServer {
 public:
  FileServer(boost::asio::ip::tcp::acceptor acceptor, const Site& site);
  void start();
  void stop();

 private:
  struct Session {
    explicit Session(boost::asio::ip::tcp::socket socket) : stream(std::move(socket)) {}
    boost::beast::tcp_stream stream;
    bool idle = true;  // between two requests: may be closed without loss
  };
  using Sessions = std::list<Session>;

  boost::asio::awaitable<void> accept_all();
  boost::asio::awaitable<void> serve(Session& session);
  void spawn_session(boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  const Site& site_;
  Sessions sessions_;
  boost::asio::steady_timer room_;      // cancelled when a connection ends
  boost::asio::steady_timer deadline_;  // after stop()
  bool stopping_ = false;
};

}  // namespace davit::static_site
