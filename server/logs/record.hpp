#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/logs/log_service.hpp"
#include "server/logs/stream_positions.hpp"

// What segment files hold: one record a line, each with a checksum, so that one torn by a crash or
// a power cut is recognised and dropped. Pure.
//   <crc32 of the rest, 8 hex> L <sequence> <a|h> <process> <stream or -> <position> <text>
//   <crc32 of the rest, 8 hex> H <next sequence> {<stream>=<position> }
// H begins each segment and says what was stored before it, so that a start reads the last segments
// alone.
namespace davit::logs {

// A line on its way to disk and then to the readers.
struct Entry {
  AppId app;
  Stored stored;
  std::string stream;          // "": not checked
  std::uint64_t position = 0;  // 0: not checked
};

struct SegmentHead {
  std::uint64_t next_sequence = 1;
  std::map<std::string, std::uint64_t> positions;
};

// A name for a record: no space or control character, not empty, bounded.
std::string record_name(std::string_view name);

std::string encode_record(
    const Entry& entry);  // its names are record_name()s, its text has no newline
std::string encode_head(std::uint64_t next_sequence, const StreamPositions& positions);

// One line of a segment, without its newline. The entry has no app. nullopt: torn or altered.
std::optional<std::variant<Entry, SegmentHead>> decode_record(std::string_view line);

}  // namespace davit::logs
