#pragma once
#include <string>
#include <string_view>

#include "server/http/exchange.hpp"

namespace davit::http {

// The Platform API's error form: {"id":"bad_request","message":"…"}.
std::string error_body(std::string_view id, std::string_view message);
ResponseHead error_head(int status);

std::string_view reason_phrase(int status);

}  // namespace davit::http
