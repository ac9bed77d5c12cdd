#pragma once
#include <string>

#include "base/result.hpp"
#include "server/http/exchange.hpp"

namespace davit::git {

// Plain text: git shows it to its user as "remote:" lines.
Task<> respond_text(http::Exchange& exchange, int status, std::string text);
Task<> respond_error(http::Exchange& exchange, Error error);

// With the fields that keep caches away (gitprotocol-http(5)).
http::ResponseHead git_head(std::string content_type);

}  // namespace davit::git
