#include "buildpacks/static/server/request_path.hpp"

namespace davit::static_site {
namespace {

constexpr std::size_t path_bytes_max = 2048;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// "http://host/x" -> "/x"
std::string_view strip_authority(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

std::string RequestPath::file() const {
  std::string path;
  for (const std::string& segment : segments) path += path.empty() ? segment : "/" + segment;
  return path;
}

std::string RequestPath::url() const {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string url;
  for (const std::string& segment : segments) {
    url += '/';
    for (const char raw : segment) {
      const auto c = static_cast<unsigned char>(raw);
      if (is_unreserved(c)) {
        url += raw;
      } else {
        url += {'%', digits[c >> 4], digits[c & 15]};
      }
    }
  }
  if (trailing_slash || url.empty()) url += '/';
  return url;
}

ParsedPath parse_target(std::string_view target) {
  target = strip_authority(target);
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/') || target.size() > path_bytes_max) return {};
  RequestPath path;
  path.trailing_slash = target.ends_with('/');
  while (!target.empty()) {
    target.remove_prefix(1);
    const std::size_t slash = target.find('/');
    const auto segment = decode(target.substr(0, slash));
    target.remove_prefix(slash == std::string_view::npos ? target.size() : slash);
    if (!segment || segment->find('\0') != std::string::npos) return {};
    if (segment->empty()) continue;
    if (*segment == "." || *segment == ".." || segment->find('/') != std::string::npos) return {};
    const bool well_known = path.segments.empty() && *segment == ".well-known";
    if (segment->starts_with('.') && !well_known) return {std::nullopt, PathError::hidden};
    path.segments.push_back(*segment);
  }
  return {std::move(path), {}};
}

}  // namespace davit::static_site
