// Which connection a request may come over.
#include "router/client_side.hpp"
#include "router/forward.hpp"

namespace davit::router {

// RFC 9110 7.4. A connection was trusted for what its certificate says, or for what its client
// asked for; a Host beyond both may be an attempt to reach another tenant's app past a check. One
// without server_name asked for nothing.
HCode Forward::misdirected() const {
  const Client& client = client_.client();
  if (client.tls == nullptr || client.tls->covers(record_.host)) return HCode::none;
  if (client.http2) return HCode::h31;
  return client.tls->server_name.empty() ? HCode::none : HCode::h32;
}

// 308 keeps method and body, which only newer clients know; for GET and HEAD 301 says the same.
void Forward::redirect_to_https() {
  const bool fetches = record_.method == "GET" || record_.method == "HEAD";
  const int status = fetches ? 301 : 308;
  std::string_view target = up_.view();  // nothing of the rewritten head was sent yet
  target.remove_prefix(target.find(' ') + 1);
  target = target.substr(0, target.find(' '));
  std::string location = "https://" + record_.host;
  if (worker_.https_port != "443") location.append(":").append(worker_.https_port);
  location.append(target);
  write_log(HCode::none, status);
  let_go();
  const PageStyle style{false, request_.is_head, !(request_.keep_alive && request_.read)};
  client_.answer({HCode::none, status, "", style, std::move(location)});
}

}  // namespace davit::router
