#include "server/logs/record.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <charconv>

#include "server/logs/limits.hpp"

namespace davit::logs {
namespace {

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string seal(std::string_view body) { return fmt::format("{:08x} {}\n", checksum(body), body); }

// Takes the field up to the next space off the front.
std::optional<std::string_view> take_field(std::string_view& rest) {
  const auto end = rest.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const auto field = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return field;
}

std::optional<std::uint64_t> parse_number(std::optional<std::string_view> text, int base = 10) {
  std::uint64_t value = 0;
  if (!text || text->empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value, base);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::optional<Entry> decode_line(std::string_view rest) {
  const auto sequence = parse_number(take_field(rest));
  const auto source = take_field(rest);
  const auto process = take_field(rest);
  const auto stream = take_field(rest);
  const auto position = parse_number(take_field(rest));
  if (!sequence || !source || !process || !stream || !position) return std::nullopt;
  Entry entry;
  entry.stored.sequence = *sequence;
  entry.stored.source = *source == "a" ? Source::app : Source::heroku;
  entry.stored.process = *process;
  entry.stored.text = rest;
  if (*stream != "-") entry.stream = *stream;
  entry.position = *position;
  return entry;
}

std::optional<SegmentHead> decode_head(std::string_view rest) {
  const auto next = parse_number(take_field(rest));
  if (!next) return std::nullopt;
  SegmentHead head;
  head.next_sequence = *next;
  while (const auto pair = take_field(rest)) {
    const auto equals = pair->rfind('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto position = parse_number(pair->substr(equals + 1));
    if (!position) return std::nullopt;
    head.positions[std::string(pair->substr(0, equals))] = *position;
  }
  return head;
}

}  // namespace

std::string record_name(std::string_view name) {
  std::string safe(name.substr(0, limits::name_bytes_max));
  for (char& c : safe) {
    if (c <= ' ' || c > '~') c = '_';
  }
  return safe.empty() ? "-" : safe;
}

std::string encode_record(const Entry& entry) {
  return seal(fmt::format("L {} {} {} {} {} {}", entry.stored.sequence,
                          entry.stored.source == Source::app ? 'a' : 'h', entry.stored.process,
                          entry.stream.empty() ? "-" : entry.stream, entry.position,
                          entry.stored.text));
}

std::string encode_head(std::uint64_t next_sequence, const StreamPositions& positions) {
  std::string body = fmt::format("H {} ", next_sequence);
  for (const auto& [stream, entry] : positions.all()) {
    body += fmt::format("{}={} ", stream, entry.position);
  }
  return seal(body);
}

std::optional<std::variant<Entry, SegmentHead>> decode_record(std::string_view line) {
  const auto sum = take_field(line);
  if (!sum || sum->size() != 8 || parse_number(sum, 16) != checksum(line)) return std::nullopt;
  const auto kind = take_field(line);
  if (kind == "L") {
    if (auto entry = decode_line(line)) return std::move(*entry);
  } else if (kind == "H") {
    if (auto head = decode_head(line)) return std::move(*head);
  }
  return std::nullopt;
}

}  // namespace davit::logs
