#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/logs/limits.hpp"

namespace davit::logs {

struct SplitLine {
  std::string text;            // without its line end
  std::uint64_t position = 0;  // in the stream, after the line and its line end
  bool cut = false;            // the line goes on in the next
};

// Where to cut so that at most bytes_max bytes come first and no UTF-8 sequence is torn. text is
// longer than that.
std::size_t utf8_cut(std::string_view text, std::size_t bytes_max);

// Makes lines of a stream of bytes that comes in chunks with offsets. Pure. A line ends with \n or
// \r\n; one longer than the limit comes out in pieces. Memory: one line at most, plus the chunk.
class LineSplitter {
 public:
  // start: the offset up to which the stream's lines are stored already.
  explicit LineSplitter(std::uint64_t start = 0, std::size_t bytes_max = limits::line_bytes_max);

  // Bytes that were seen already are skipped. Bytes that are missing (a spool that overflowed) end
  // the line before the gap; compare `offset` with position() to know that there was one.
  std::vector<SplitLine> feed(std::uint64_t offset, std::string_view bytes);
  std::optional<SplitLine> flush();  // at the end of the stream: a last line without a line end
  std::uint64_t position() const { return start_ + partial_.size(); }  // the next byte's offset

 private:
  void cut_long_lines(std::size_t keep, std::vector<SplitLine>& lines);

  std::size_t bytes_max_;
  std::uint64_t start_;  // offset of partial_'s first byte
  std::string partial_;
};

}  // namespace davit::logs
