#include "server/build/slugignore.hpp"

#include <optional>

#include "server/build/limits.hpp"

namespace davit::build {
namespace {

std::string_view trim_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (!segment.empty() && segment != ".") segments.emplace_back(segment);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return segments;
}

struct ClassMatch {
  bool matched = false;
  std::size_t length = 0;  // of the pattern, brackets included
};

// nullopt: no closing bracket, so `[` stands for itself.
std::optional<ClassMatch> match_class(std::string_view pattern, unsigned char c) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) return ClassMatch{found != negated, i + 1};
    const auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    ++i;
    if (low <= c && c <= high) found = true;
  }
  return std::nullopt;
}

// One pattern element at the front of `pattern` against one character; the element's length, 0 when
// it does not match.
std::size_t match_one(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    if (const auto in_class = match_class(pattern, static_cast<unsigned char>(c))) {
      return in_class->matched ? in_class->length : 0;
    }
  }
  if (pattern[0] == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
  return pattern[0] == c ? 1 : 0;
}

// `**` matches any number of segments. Going back to the last `**` only is enough, and keeps it
// quadratic at worst.
bool segments_match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string::npos;
  std::size_t star_at = 0;
  while (s < path.size()) {
    if (p < pattern.size() && pattern[p] == "**") {
      star = p++;
      star_at = s;
    } else if (p < pattern.size() && glob_matches(pattern[p], path[s])) {
      ++p;
      ++s;
    } else if (star != std::string::npos) {
      p = star + 1;
      s = ++star_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == "**") ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_at = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_at = t;
    } else if (const std::size_t length = match_one(pattern.substr(p), text[t]); length > 0) {
      p += length;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<SlugIgnore> SlugIgnore::parse(std::string_view text) {
  if (text.size() > limits::slugignore_bytes_max) {
    return fail(Errc::too_large, ".slugignore is larger than {} bytes",
                limits::slugignore_bytes_max);
  }
  SlugIgnore ignore;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = trim_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    Pattern pattern;
    pattern.directories_only = line.ends_with('/');
    while (line.ends_with('/')) line.remove_suffix(1);
    const bool anchored = line.starts_with('/');
    if (!anchored) pattern.segments.emplace_back("**");
    for (std::string& segment : split_path(line)) pattern.segments.push_back(std::move(segment));
    if (pattern.segments.empty() || pattern.segments.back() == "**") {
      // "/", "**": would delete the whole app, which nobody means.
      if (line.find_first_not_of("*/.") == std::string_view::npos) continue;
    }
    ignore.patterns_.push_back(std::move(pattern));
    if (ignore.patterns_.size() > limits::slugignore_patterns_max) {
      return fail(Errc::limit_exceeded, ".slugignore has more than {} patterns",
                  limits::slugignore_patterns_max);
    }
  }
  return ignore;
}

bool SlugIgnore::matches(std::string_view path, bool is_directory) const {
  const std::vector<std::string> segments = split_path(path);
  for (const Pattern& pattern : patterns_) {
    if (pattern.directories_only && !is_directory) continue;
    if (segments_match(pattern.segments, segments)) return true;
  }
  return false;
}

}  // namespace davit::build
