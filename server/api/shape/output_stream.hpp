#pragma once
#include "server/api/context.hpp"

namespace davit::api {

// What is streamed: the URL is its own permission (clients send no credentials there), so it is
// signed.
struct OutputStream {
  const char* kind;  // "builds", "releases": a segment of the URL
  std::string id;

  std::string url(const Context& context) const;
  bool signed_by(const Context& context, const std::string& signature) const;
};

// Of the stream's URL. Pure. Errors: invalid_argument.
Result<Outputs::From> parse_output_query(std::string_view query);

// Sends the output as it comes, to its end, or the part that the query asks for. Counts as a stream
// of the app. Errors: not_found, limit_exceeded. Both references outlive the coroutine.
Task<Result<Reply>> stream_output(Context& context, Call& call, AppId app, OutputStream stream);

}  // namespace davit::api
