#include "server/logs/line_splitter.hpp"

namespace davit::logs {

std::size_t utf8_cut(std::string_view text, std::size_t bytes_max) {
  std::size_t cut = bytes_max;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
  };
  for (int back = 0; back < 3 && cut > 1 && continues(cut); ++back) --cut;
  return continues(cut) ? bytes_max : cut;  // four of them in a row are no UTF-8 anyway
}

LineSplitter::LineSplitter(std::uint64_t start, std::size_t bytes_max)
    : bytes_max_(bytes_max), start_(start) {}

// Leaves at most `keep` bytes of the line in hand.
void LineSplitter::cut_long_lines(std::size_t keep, std::vector<SplitLine>& lines) {
  std::size_t done = 0;
  while (partial_.size() - done > keep) {
    const std::string_view rest = std::string_view(partial_).substr(done);
    const std::size_t size = utf8_cut(rest, bytes_max_);
    done += size;
    lines.push_back({std::string(rest.substr(0, size)), start_ + done, true});
  }
  partial_.erase(0, done);
  start_ += done;
}

std::vector<SplitLine> LineSplitter::feed(std::uint64_t offset, std::string_view bytes) {
  std::vector<SplitLine> lines;
  if (offset > position()) {
    if (auto last = flush()) lines.push_back(std::move(*last));
    start_ = offset;
  }
  const std::uint64_t seen = position() - offset;
  if (seen >= bytes.size()) return lines;
  bytes.remove_prefix(static_cast<std::size_t>(seen));

  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    partial_.append(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    const std::uint64_t after = position() + 1;
    if (partial_.ends_with('\r')) partial_.pop_back();
    cut_long_lines(bytes_max_, lines);
    lines.push_back({std::move(partial_), after, false});
    partial_.clear();
    start_ = after;
  }
  partial_.append(bytes);
  // One byte more than a line: it may be the \r of a line end that is still to come.
  cut_long_lines(bytes_max_ + 1, lines);
  return lines;
}

std::optional<SplitLine> LineSplitter::flush() {
  if (partial_.empty()) return std::nullopt;
  const std::uint64_t end = position();
  SplitLine line{std::move(partial_), end, false};
  start_ = end;
  partial_.clear();
  if (line.text.ends_with('\r')) line.text.pop_back();
  return line;
}

}  // namespace davit::logs
