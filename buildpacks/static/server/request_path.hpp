#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::static_site {

// A request target, decoded and checked; pure. What it names is below the root by construction: no
// segment is empty,
// "." or "..", holds a slash or NUL, or starts with a dot (but a first ".well-known", RFC 8615).
struct RequestPath {
  std::vector<std::string> segments;
  bool trailing_slash = false;  // also for "/"

  std::string file() const;  // "a/b"; empty for the root
  std::string url() const;   // "/a/b" or "/a/b/", percent-encoded: fit for Location
};

enum class PathError { malformed, hidden };

struct ParsedPath {
  std::optional<RequestPath> path;
  PathError error = PathError::malformed;
};

// Takes origin form ("/x?y") and absolute form ("http://h/x").
ParsedPath parse_target(std::string_view target);

}  // namespace davit::static_site
