#include "router/tls/channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "router/tls/context.hpp"
#include "router/tls/keyring.hpp"

namespace davit::router::tls {

// OpenSSL's way to the socket. Its own would raise SIGPIPE, and would look at a socket again that
// is known to be empty.
struct ChannelBio {
  static Channel& channel(BIO* bio) { return *static_cast<Channel*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    for (;;) {
      const ssize_t sent = ::send(channel(bio).fd_, data, static_cast<std::size_t>(size),
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) return static_cast<int>(sent);
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_retry_write(bio);
      return -1;
    }
  }
  static int read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    Channel& self = channel(bio);
    if (self.drained_) {
      BIO_set_retry_read(bio);
      return -1;
    }
    for (;;) {
      const ssize_t got = ::recv(self.fd_, data, static_cast<std::size_t>(size), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      // An end is not drained: it is there at the next look too.
      self.drained_ = got < 0 || (got > 0 && got < size);
      if (got >= 0) return static_cast<int>(got);
      if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_retry_read(bio);
      return -1;
    }
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "davit socket");
      BIO_meth_set_write(fresh, write);
      BIO_meth_set_read(fresh, read);
      BIO_meth_set_ctrl(fresh, control);
      return fresh;
    }();
    return made;
  }
};

std::unique_ptr<Channel> Channel::make(Context& context, int fd) {
  std::unique_ptr<Channel> made(new Channel());
  made->fd_ = fd;
  made->ssl_ = SSL_new(context.native());
  BIO* bio = made->ssl_ != nullptr ? BIO_new(ChannelBio::method()) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, made.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(made->ssl_, bio, bio);
  SSL_set_app_data(made->ssl_, made.get());
  SSL_set_accept_state(made->ssl_);
  return made;
}

Channel::~Channel() { SSL_free(ssl_); }

// Called for every handshake, also without a server_name.
int Channel::choose_certificate(ssl_st* ssl, int* alert, void*) {
  Channel& self = *static_cast<Channel*>(SSL_get_app_data(ssl));
  const auto& context = *static_cast<Context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) self.peer_.server_name = canonical_name(name);
  self.peer_.certificate = context.keyring().certificates()->find(self.peer_.server_name);
  const CertificatePtr& chosen = self.peer_.certificate;
  if (!chosen) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  if (SSL_use_cert_and_key(ssl, chosen->leaf(), chosen->key(), chosen->chain(), 1) != 1) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return name != nullptr ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Channel::Step Channel::shake_hands() {
  ERR_clear_error();
  const int done = SSL_accept(ssl_);
  if (done == 1) {
    shaken_ = true;
    peer_.version = SSL_version(ssl_) == TLS1_3_VERSION ? "tls1.3" : "tls1.2";
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_, &protocol, &size);
    peer_.http2 = size == 2;  // "h2"
    return Step::done;
  }
  switch (SSL_get_error(ssl_, done)) {
    case SSL_ERROR_WANT_READ: return Step::want_read;
    case SSL_ERROR_WANT_WRITE: return Step::want_write;
    default: break;
  }
  broken_ = true;
  const bool http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  return http ? Step::plain_http : Step::failed;
}

ReadResult Channel::read(char* data, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_, data + have, size - have, &got) == 1) {
      have += got;
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      if (have == 0) return {ReadState::would_block, 0};
      break;
    }
    // What came before it goes first; the next look finds the same.
    if (error != SSL_ERROR_ZERO_RETURN) broken_ = true;
    drained_ = false;
    if (have > 0) break;
    return {broken_ ? ReadState::failed : ReadState::ended, 0};
  }
  return {ReadState::ok, have};
}

WriteResult Channel::write(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    if (broken_) return {IoState::failed, sent};
    std::size_t wrote = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl_, bytes.data() + sent, bytes.size() - sent, &wrote) == 1) {
      sent += wrote;
      continue;
    }
    if (SSL_get_error(ssl_, 0) == SSL_ERROR_WANT_WRITE) {
      return sent > 0 ? WriteResult{IoState::ok, sent} : WriteResult{IoState::would_block, 0};
    }
    broken_ = true;
    return {IoState::failed, sent};
  }
  return {IoState::ok, sent};
}

bool Channel::may_have_input() const { return !drained_ || SSL_has_pending(ssl_) == 1; }

void Channel::send_end() {
  if (!shaken_ || broken_ || std::exchange(ended_, true)) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

}  // namespace davit::router::tls
