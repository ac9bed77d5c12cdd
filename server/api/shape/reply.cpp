#include "server/api/shape/reply.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace davit::api {

Reply json_reply(int status, const nlohmann::json& value) {
  Reply reply;
  reply.status = status;
  // Texts of apps and repositories travel in answers: bytes that are no UTF-8 are replaced, never
  // thrown on.
  reply.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply;
}

Reply streamed_reply() {
  Reply reply;
  reply.sent = true;
  return reply;
}

Reply failure_reply(const Failure& failure) {
  nlohmann::json body = {{"id", failure.id}, {"message", failure.message}};
  if (!failure.resource.empty()) body["resource"] = failure.resource;
  return json_reply(failure.status, body);
}

StatusAndId status_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return {422, "invalid_params"};
    case Errc::unauthorized: return {401, "unauthorized"};
    case Errc::forbidden: return {403, "forbidden"};
    case Errc::not_found: return {404, "not_found"};
    case Errc::conflict: return {409, "conflict"};
    case Errc::too_large: return {413, "too_large"};
    case Errc::limit_exceeded: return {429, "rate_limit"};
    case Errc::timeout: return {504, "timeout"};
    case Errc::unavailable: return {503, "unavailable"};
    case Errc::cancelled: return {503, "cancelled"};
    case Errc::corrupt: return {500, "server_error"};
    case Errc::io: return {500, "server_error"};
    case Errc::internal: return {500, "server_error"};
  }
  return {500, "server_error"};
}

Reply error_reply(const Error& error, const std::string& request_id) {
  const auto [status, id] = status_of(error.code);
  if (status != 500) return failure_reply({status, id, error.message, ""});
  log::error("request failed", {{"request_id", request_id}, {"error", error.message}});
  return failure_reply({status, id,
                        "Davit failed to do this; nothing is known about your request that would "
                        "be wrong. The server's log names the cause under request id " +
                            request_id + ".",
                        ""});
}

}  // namespace davit::api
