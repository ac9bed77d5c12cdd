#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/shape/reply.hpp"

namespace davit::api {

// The Platform API's paging: "Range: version ]12..; order=desc,max=10".
struct ListRange {
  std::string field;
  std::string start, end;  // empty: open
  std::string start_id;  // of the last item seen, where several share `start`: "]2026-…Z,<id>.."
  bool after_start = false;  // "]" before start: start itself is not wanted
  bool descending = false;
  std::size_t max = 0;
};

// What a list can be sorted by; the first field is the default.
struct ListRules {
  std::vector<std::string> fields;
  bool descending = false;  // default order
};

// An empty header is the default. Errors: invalid_argument (416 for the client), naming what is
// understood.
Result<ListRange> parse_range(std::string_view header, const ListRules& rules);

// Sorts, cuts, and answers 200, or 206 with Next-Range when there is more. Items are objects with
// an "id", oldest first.
Reply list_reply(std::vector<nlohmann::json> items, const ListRange& range);

// Both in one: what handlers of lists use. `header` is the request's Range.
Reply list_reply(std::vector<nlohmann::json> items, std::string_view header,
                 const ListRules& rules);

}  // namespace davit::api
