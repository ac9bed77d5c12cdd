#include "server/git/text_response.hpp"

namespace davit::git {
namespace {

int status_of(Errc code) {
  switch (code) {
    case Errc::unauthorized: return 401;
    case Errc::forbidden: return 403;
    case Errc::not_found: return 404;
    case Errc::conflict: return 409;
    case Errc::too_large: return 413;
    case Errc::limit_exceeded: return 429;
    case Errc::unavailable: return 503;
    case Errc::invalid_argument:
    case Errc::corrupt:
    case Errc::io: return 400;
    default: return 500;
  }
}

}  // namespace

http::ResponseHead git_head(std::string content_type) {
  http::ResponseHead head;
  head.fields.add("Content-Type", std::move(content_type));
  head.fields.add("Expires", "Fri, 01 Jan 1980 00:00:00 GMT");
  head.fields.add("Pragma", "no-cache");
  head.fields.add("Cache-Control", "no-cache, max-age=0, must-revalidate");
  return head;
}

Task<> respond_text(http::Exchange& exchange, int status, std::string text) {
  auto head = git_head("text/plain; charset=utf-8");
  head.status = status;
  if (status == 401) head.fields.add("WWW-Authenticate", "Basic realm=\"davit\"");
  if (!text.ends_with('\n')) text += '\n';
  co_await exchange.respond(std::move(head), std::move(text));
}

Task<> respond_error(http::Exchange& exchange, Error error) {
  co_await respond_text(exchange, status_of(error.code), std::move(error.message));
}

}  // namespace davit::git
