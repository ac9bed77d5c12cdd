#pragma once
#include <string_view>

#include "base/result.hpp"
#include "server/http/exchange.hpp"

namespace davit::http {

// Fills path and query from request.target (origin form, or absolute form whose authority is
// dropped: RFC 9112 section 3.2). invalid_argument where the decoded path holds "..", "//", NUL or
// another control character.
Result<> check_target(Request& request);

// Refuses what parsers read in two ways: more or less than one Host, a Transfer-Encoding other than
// "chunked" or together with a Content-Length or in HTTP/1.0 (RFC 9112 sections 3.2 and 6.1).
Result<> check_framing(const Request& request, bool http_1_1);

}  // namespace davit::http
