#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace davit::static_site {

// static.json, as far as it concerns serving.
struct SiteConfig {
  bool clean_urls = true;  // /about serves about.html
  std::string error_page = "404.html";
  std::vector<std::pair<std::string, std::string>>
      routes;  // pattern -> file below the root: "/**" -> "index.html"
  struct HeaderRule {
    std::string pattern;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  std::vector<HeaderRule> headers;
};

// Pure. The error is one sentence that names the field.
std::variant<SiteConfig, std::string> parse_site_config(std::string_view json);

// `*` matches within a segment, `**` anything. Pure.
bool route_matches(std::string_view pattern, std::string_view path);

}  // namespace davit::static_site
