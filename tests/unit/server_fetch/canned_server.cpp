#include "tests/unit/server_fetch/canned_server.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace davit::fetch {
namespace asio = boost::asio;
using asio::ip::tcp;

struct CannedServer::Impl {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::vector<tcp::socket> held;
};

CannedServer::CannedServer(std::vector<std::string> answers, Tls tls)
    : impl_(std::make_unique<Impl>()),
      answers_(std::move(answers)),
      secure_(!tls.certificate.empty()),
      port_(impl_->acceptor.local_endpoint().port()) {
  if (secure_) {
    impl_->tls.use_certificate_chain_file(tls.certificate);
    impl_->tls.use_private_key_file(tls.key, asio::ssl::context::pem);
  }
  thread_ = std::thread([this] { serve(); });
}

CannedServer::~CannedServer() {
  ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
  thread_.join();
}

std::string CannedServer::url(const std::string& path) const {
  return (secure_ ? "https://localhost:" : "http://localhost:") + std::to_string(port_) + path;
}

std::vector<std::string> CannedServer::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void CannedServer::serve() {
  const auto talk = [this](auto& stream, const std::string& answer) {
    boost::system::error_code ec;
    asio::streambuf head;
    asio::read_until(stream, head, "\r\n\r\n", ec);
    {
      const std::lock_guard lock(mutex_);
      requests_.emplace_back(asio::buffers_begin(head.data()), asio::buffers_end(head.data()));
    }
    asio::write(stream, asio::buffer(answer), ec);
  };
  for (const std::string& answer : answers_) {
    boost::system::error_code ec;
    tcp::socket socket(impl_->io);
    impl_->acceptor.accept(socket, ec);
    if (ec) return;
    if (secure_) {
      asio::ssl::stream<tcp::socket&> stream(socket, impl_->tls);
      stream.handshake(asio::ssl::stream_base::server, ec);
      if (!ec) talk(stream, answer);
    } else {
      talk(socket, answer);
    }
    if (answer.empty()) {
      impl_->held.push_back(std::move(socket));
    } else {
      socket.shutdown(tcp::socket::shutdown_both, ec);
    }
  }
}

}  // namespace davit::fetch
