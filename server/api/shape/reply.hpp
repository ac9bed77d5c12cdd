#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"
#include "server/http/exchange.hpp"

namespace davit::api {

// What a handler answers. `sent`: it has streamed its answer already.
struct Reply {
  int status = 200;
  std::string body;
  http::Fields fields;  // beside those that every answer has
  bool sent = false;
};

Reply json_reply(int status, const nlohmann::json& value);
Reply streamed_reply();

// {"id":…,"message":…[,"resource":…]}: the Platform API's form of an error.
struct Failure {
  int status = 500;
  std::string id;
  std::string message;
  std::string resource;  // "app"; empty: left out
};
Reply failure_reply(const Failure& failure);

// The one place where an Errc becomes a status and an id. Faults of ours (5xx) keep their text out
// of the answer: it may name paths; the log has it, under the request id.
struct StatusAndId {
  int status = 500;
  const char* id = "";
};
StatusAndId status_of(Errc code);
Reply error_reply(const Error& error, const std::string& request_id);

}  // namespace davit::api
