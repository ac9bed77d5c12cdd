#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "router/client_side.hpp"
#include "router/tls/context.hpp"

namespace davit::router::tls {

// A connection from its first byte until TLS is settled; then it goes on as a Session or an
// h2::Connection. Holds itself. One thread; worker and context outlive it.
class Handshake final
    : public boost::intrusive_ref_counter<Handshake, boost::thread_unsafe_counter>,
      public Timed,
      public Live {
 public:
  static void start(Worker& worker, Context& context, Socket socket, Client client);

  void finish_soon() override {}  // what has begun is served; its response says that it ends
  void close_now() override { end(); }
  void on_deadline() override;

 private:
  using Ptr = boost::intrusive_ptr<Handshake>;

  Handshake(Worker& worker, Socket socket, std::unique_ptr<Channel> channel, Client client)
      : worker_(worker),
        socket_(std::move(socket)),
        channel_(std::move(channel)),
        client_(std::move(client)) {}
  void wait_for_client();
  void step();
  void go_on();
  void refuse_plain_http();
  void end();

  Worker& worker_;
  Socket socket_;
  std::unique_ptr<Channel> channel_;
  Client client_;
  Ptr self_;
};

}  // namespace davit::router::tls
