#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/certificate/certificate.hpp"
#include "router/net/io_state.hpp"

struct ssl_st;

namespace davit::router::tls {

class Context;

// Whom a TLS client asked for, and what it got. As long as its connection.
struct Peer {
  std::string server_name;  // canonical; empty: it sent none
  CertificatePtr certificate;
  const char* version = "";  // "tls1.3", as the access log has it
  bool http2 = false;        // as ALPN settled it

  // Whether a request for this host (lower case, without port) may come over the connection.
  bool covers(std::string_view host) const {
    return host == server_name || (certificate && certificate->covers(host));
  }
};

enum class ReadState : std::uint8_t { ok, would_block, ended, failed };
struct ReadResult {
  ReadState state = ReadState::ok;
  std::size_t bytes = 0;
};

// One TLS connection, server's side, over a non-blocking socket that somebody else owns and waits
// on. Holds no record buffer while nothing is on its way. One thread.
class Channel {
 public:
  // The context outlives it; so does the descriptor, until the last call.
  static std::unique_ptr<Channel> make(Context& context, int fd);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  enum class Step : std::uint8_t { done, want_read, want_write, plain_http, failed };
  Step shake_hands();  // again when the socket is ready for what it wants, until done
  const Peer& peer() const { return peer_; }

  ReadResult read(char* data, std::size_t size);
  WriteResult write(std::string_view bytes);
  // Whether read() may have something without another look at the socket by the reactor.
  bool may_have_input() const;
  void input_came() { drained_ = false; }
  void send_end();  // close_notify, once, as far as the socket takes it

 private:
  friend class Context;
  friend struct ChannelBio;
  Channel() = default;
  static int choose_certificate(ssl_st* ssl, int* alert, void*);

  ssl_st* ssl_ = nullptr;
  Peer peer_;
  int fd_ = -1;
  bool drained_ = false;  // the last look at the socket found less than was asked for
  bool shaken_ = false;
  bool broken_ = false;
  bool ended_ = false;  // send_end was called
};

}  // namespace davit::router::tls
