#include "router/net/stream.hpp"

namespace davit::router {

// Its end is told inside of TLS too (RFC 8446 6.1): a peer may not take a mere FIN for one.
void Stream::shutdown_send() {
  if (tls_) tls_->send_end();
  socket_.shutdown_send();
}

void Stream::close() {
  if (tls_ && socket_.is_open()) tls_->send_end();
  socket_.close();
}

}  // namespace davit::router
