#pragma once
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

// Small grammars of RFC 9110. Pure.
namespace davit::static_site {

std::string http_date(std::time_t time);                            // IMF-fixdate, section 5.6.7
std::optional<std::time_t> parse_http_date(std::string_view text);  // IMF-fixdate only

// If-None-Match: does the list hold the tag (weak comparison) or `*`?
bool tag_listed(std::string_view list, std::string_view tag);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};
enum class RangeKind {
  whole,  // no usable range: answer with all of it (several ranges too, section 14.2 allows it)
  part,
  unsatisfiable,  // 416
};
struct RangeAnswer {
  RangeKind kind = RangeKind::whole;
  ByteRange range;
};
RangeAnswer parse_range(std::string_view header, std::uint64_t size);

std::string_view mime_type(std::string_view path);

}  // namespace davit::static_site
