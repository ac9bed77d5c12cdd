#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit {

std::string hex_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);  // RFC 4648 section 4, padding required
std::string base64_encode(std::string_view bytes);
Result<std::string> percent_decode(std::string_view text);  // RFC 3986; "+" stays "+"

// For quoting foreign text in messages and logs: control and non-ASCII bytes as \xNN, cut with "…"
// at `max`.
std::string printable(std::string_view text, std::size_t max);

// Replaces bytes that are no valid UTF-8 with U+FFFD, so that any output can travel in JSON.
std::string to_valid_utf8(std::string_view bytes);

}  // namespace davit
