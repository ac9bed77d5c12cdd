#include "server/http/error_response.hpp"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"

namespace davit::http {

std::string error_body(std::string_view id, std::string_view message) {
  nlohmann::json body;
  body["id"] = id;
  body["message"] = to_valid_utf8(message);
  return body.dump() + "\n";
}

ResponseHead error_head(int status) {
  ResponseHead head;
  head.status = status;
  head.fields.add("Content-Type", "application/json");
  head.fields.add("Cache-Control", "no-cache");
  return head;
}

std::string_view reason_phrase(int status) {
  namespace beast = boost::beast::http;
  const auto text = beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

}  // namespace davit::http
