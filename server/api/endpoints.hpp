#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "server/api/shape/reply.hpp"

namespace davit::api {

struct Context;
struct Call;

// Who may call an endpoint. The check itself is in api.cpp, before any handler.
enum class Access {
  admin,  // the default: what somebody forgets to mark is closed
  user,   // anyone with a working token
  app,    // the owner of :app, or an admin; for others the app does not exist
  login,  // a token, or email and password
  open,   // nobody in particular: /health, and URLs whose secret is the permission
};

// Who reads a request's body: the dispatcher, as JSON, or the handler, as it comes.
enum class Body { json, raw };

// Both arguments outlive the coroutine: the context is the Api's, the call is the dispatcher's.
using Handle = Task<Result<Reply>> (*)(Context&, Call&);

struct Endpoint {
  std::string_view method;
  std::string_view pattern;  // "/apps/:app/dynos/:dyno"
  Access access = Access::admin;
  Handle handle = nullptr;
  Body body = Body::json;
};

// Every endpoint there is.
std::span<const Endpoint> endpoints();

struct Match {
  const Endpoint* endpoint = nullptr;  // nullptr: no such endpoint
  std::map<std::string, std::string> params;
};
Match find_endpoint(std::string_view method, std::string_view path);

}  // namespace davit::api
