// What a request's head says to the exchange, and the head that the dyno gets.
#include "base/time_format.hpp"
#include "router/client_side.hpp"
#include "router/forward.hpp"
#include "router/http/chars.hpp"
#include "router/http/head_writer.hpp"

namespace davit::router {
namespace {

// RFC 9110 9.2.2.
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
         method == "PUT" || method == "DELETE";
}

// Everything a client sent before us, and the client. Only for the log: cut where someone made it
// long.
void set_forwarded_for(const http::RequestHead& head, std::string_view client, std::string& out) {
  out.clear();
  for (const http::Header& header : head.headers.all()) {
    if (header.kind != http::HeaderKind::forwarded_for) continue;
    if (out.size() + header.value.size() > 200) break;
    out.append(header.value).append(", ");
  }
  out.append(client);
}

}  // namespace

// Copies what outlives the head's buffer, and leaves the rewritten head in worker.head_out, its
// size in sent_bytes.
void Forward::take_head(std::size_t head_bytes) {
  const http::RequestHead& head = worker_.request_head;
  request_.body = head.body;
  request_.left = head.content_length;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.is_head = head.is_head;
  request_.idempotent = is_idempotent(head.method);
  request_.wants_upgrade = head.wants_upgrade;
  request_.expects_continue = head.expect_continue && head.body != http::BodyKind::none;
  request_.accepts_json = head.accepts_json;
  record_.method = head.method;
  record_.path = head.target.substr(0, limits::log_path_bytes_max);
  record_.minor = head.minor;
  record_.http2 = client_.client().http2;
  if (const tls::Peer* peer = client_.client().tls) record_.tls_version = peer->version;
  for (const char c : head.host) record_.host += http::to_lower(c);
  if (head.request_id.empty()) {
    record_.request_id.resize(36);
    worker_.random.uuid(std::span<char, 36>(record_.request_id.data(), 36));
  } else {
    record_.request_id = head.request_id;
  }
  if (worker_.routes->any_affinity()) take_token(head);
  const Client& client = client_.client();
  set_forwarded_for(head, client.address, record_.forwarded_for);
  const http::ForwardInfo info{
      client.address,     client.tls != nullptr ? "https" : "http", client.port,
      record_.request_id, to_micros(request_.began) / 1000,         client.http2 ? "2.0" : "1.1"};
  request_.sent_bytes = http::write_request(head, info, worker_.head_out);
  client_.input().consume(head_bytes);
}

void Forward::take_token(const http::RequestHead& head) {
  for (const http::Header& header : head.headers.all()) {
    if (!http::equals_ignoring_case(header.name, "cookie")) continue;
    const std::string_view token = find_affinity_token(header.value);
    if (token.empty()) continue;
    request_.token_chars = token.copy(request_.token.data(), request_.token.size());
    return;
  }
}

// The cookie that names the dyno which answers, where the client does not have it yet.
std::string Forward::affinity_line() const {
  if (!worker_.routes->any_affinity() || request_.for_control) return {};
  const auto match = worker_.routes->find(record_.host);
  if (!match.app || !match.app->affinity()) return {};
  const std::string_view token = match.app->dynos.token_of(*in_flight_.target());
  const std::string_view had(request_.token.data(), request_.token_chars);
  return token.empty() || token == had ? std::string()
                                       : affinity_header(token, client_.client().tls != nullptr);
}

}  // namespace davit::router
