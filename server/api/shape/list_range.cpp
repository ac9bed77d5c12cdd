#include "server/api/shape/list_range.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "server/api/limits.hpp"

namespace davit::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Numbers compare as numbers, all else as text (timestamps and ids are made for that).
int compare(const nlohmann::json& left, const nlohmann::json& right) {
  if (left.is_number() && right.is_number()) {
    return left < right ? -1 : (right < left ? 1 : 0);
  }
  if (left.is_string() && right.is_string()) {
    return left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
  }
  return 0;
}

nlohmann::json as_key(const nlohmann::json& like, const std::string& text) {
  std::int64_t number = 0;
  if (like.is_number() &&
      std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc()) {
    return number;
  }
  return text;
}

std::string text_of(const nlohmann::json& key) {
  return key.is_string() ? key.get<std::string>() : key.dump();
}

Error not_understood(std::string_view header, const ListRules& rules) {
  return fail(Errc::invalid_argument,
              "Range '{}' is not understood: use `{} ..; order=asc|desc,max=1-{}`; lists here go "
              "by {}.",
              printable(header, 120), rules.fields.front(), limits::page_max,
              fmt::join(rules.fields, ", "));
}

bool read_options(std::string_view options, ListRange& range) {
  while (!options.empty()) {
    const auto end = options.find_first_of(",;");
    const auto option = trimmed(options.substr(0, end));
    options = end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
    if (option.empty()) continue;
    if (option == "order=asc" || option == "order=desc") {
      range.descending = option == "order=desc";
    } else if (option.starts_with("max=")) {
      const auto digits = option.substr(4);
      std::size_t max = 0;
      const auto [stop, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), max);
      if (ec != std::errc() || stop != digits.data() + digits.size() || max == 0) return false;
      range.max = std::min(max, limits::page_max);
    } else {
      return false;
    }
  }
  return true;
}

// By the field; what shares a value (two builds of one second) stays in the order it came into
// being. Ids are random and would shuffle it.
void sort_items(std::vector<nlohmann::json>& items, const ListRange& range) {
  std::ranges::stable_sort(items, [&](const auto& left, const auto& right) {
    return compare(left[range.field], right[range.field]) < 0;
  });
  if (range.descending) std::ranges::reverse(items);
}

bool lies_in(const nlohmann::json& key, const ListRange& range) {
  const int sign = range.descending ? -1 : 1;
  if (!range.start.empty()) {
    const int order = sign * compare(key, as_key(key, range.start));
    if (order < 0 || (order == 0 && range.after_start && range.start_id.empty())) return false;
  }
  return range.end.empty() || sign * compare(key, as_key(key, range.end)) <= 0;
}

// Leaves what the range asks for. Of items that share its start, those after the one with its id.
void cut(std::vector<nlohmann::json>& items, const ListRange& range) {
  std::erase_if(items, [&](const auto& item) { return !lies_in(item[range.field], range); });
  if (!range.after_start || range.start_id.empty()) return;
  const auto seen = std::ranges::find_if(items, [&](const auto& item) {
    return text_of(item[range.field]) == range.start && item["id"] == range.start_id;
  });
  // Gone since the last page: its neighbours are told twice rather than never.
  if (seen != items.end()) items.erase(items.begin(), std::next(seen));
}

}  // namespace

Result<ListRange> parse_range(std::string_view header, const ListRules& rules) {
  ListRange range;
  range.field = rules.fields.front();
  range.descending = rules.descending;
  range.max = limits::page_default;
  const auto text = trimmed(header);
  if (text.empty()) return range;
  const auto semicolon = text.find(';');
  const auto span = trimmed(text.substr(0, semicolon));
  const auto options =
      semicolon == std::string_view::npos ? std::string_view() : text.substr(semicolon + 1);
  const auto space = span.find(' ');
  range.field = std::string(span.substr(0, space));
  const auto bounds =
      space == std::string_view::npos ? std::string_view("..") : trimmed(span.substr(space));
  const auto dots = bounds.find("..");
  const bool known = std::ranges::find(rules.fields, range.field) != rules.fields.end();
  if (!known || dots == std::string_view::npos) return not_understood(header, rules);
  auto start = bounds.substr(0, dots);
  range.after_start = start.starts_with(']');
  if (range.after_start || start.starts_with('[')) start.remove_prefix(1);
  auto end = bounds.substr(dots + 2);
  if (end.ends_with(']') || end.ends_with('[')) end.remove_suffix(1);
  const auto comma = start.find(',');
  if (comma != std::string_view::npos) range.start_id = start.substr(comma + 1);
  range.start = start.substr(0, comma);
  range.end = end;
  // The order and page size of an answer to "Range: id ..; max=10" are the vendor's: ascending
  // unless asked.
  range.descending = false;
  if (!read_options(options, range)) return not_understood(header, rules);
  return range;
}

Reply list_reply(std::vector<nlohmann::json> items, const ListRange& range) {
  sort_items(items, range);
  cut(items, range);
  const bool more = items.size() > range.max;
  if (more) items.resize(range.max);
  Reply reply = json_reply(more ? 206 : 200, nlohmann::json(items));
  if (items.empty()) return reply;
  const std::string first = text_of(items.front()[range.field]);
  const std::string last = text_of(items.back()[range.field]);
  reply.fields.add("Content-Range", fmt::format("{} {}..{}", range.field, first, last));
  if (more) {
    reply.fields.add("Next-Range", fmt::format("{} ]{},{}..{}; order={},max={}", range.field, last,
                                               text_of(items.back()["id"]), range.end,
                                               range.descending ? "desc" : "asc", range.max));
  }
  return reply;
}

Reply list_reply(std::vector<nlohmann::json> items, std::string_view header,
                 const ListRules& rules) {
  const auto range = parse_range(header, rules);
  if (range) return list_reply(std::move(items), *range);
  return failure_reply({416, "requested_range_not_satisfiable", range.error().message, ""});
}

}  // namespace davit::api
