#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

// Pure text helpers of the tool. Any thread.
namespace davit::cli {

std::vector<std::string> split_lines(std::string_view text);
std::size_t display_width(std::string_view utf8);  // code points; escape sequences count as nothing

// Foreign text for a terminal: colours (SGR sequences), tab and newline stay; every other control
// byte goes.
std::string safe_for_terminal(std::string_view text);
// For a table's cell: no control bytes at all.
std::string one_line(std::string_view text);

// 'it'\''s': one word for a POSIX shell, quoted only where needed.
std::string shell_quote(std::string_view word);

std::string encode_segment(std::string_view text);  // percent-encodes all but RFC 3986 unreserved
std::string human_bytes(std::uint64_t bytes);       // "14.2 MB"

// "2026-01-31T23:59:59Z" with or without a fraction. nullopt: another form.
std::optional<WallTime> parse_iso8601(std::string_view text);
// "2026/01/31 23:59:59 +0000 (~ 3m ago)" in the local time zone; text that is no time comes back as
// it is.
std::string time_and_age(std::string_view iso8601, WallTime now);
std::string time_only(std::string_view iso8601);

// Edits (insert, remove, replace, swap neighbours) between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace davit::cli
