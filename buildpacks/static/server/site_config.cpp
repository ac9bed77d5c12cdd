#include "buildpacks/static/server/site_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "buildpacks/static/server/request_path.hpp"

namespace davit::static_site {
namespace {
using nlohmann::ordered_json;

constexpr std::size_t rules_max = 200;

bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return value.size() <= 4096 && std::all_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
         });
}

// Those that the server itself decides: twice would be two messages (request smuggling).
bool is_framing_header(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "content-length" || name == "transfer-encoding" || name == "connection" ||
         name == "date" || name == "content-range" || name == "upgrade";
}

// A file below the root, as written in static.json: with or without a slash in front.
bool read_file_name(const ordered_json& value, std::string& out) {
  if (!value.is_string()) return false;
  std::string name = value.get<std::string>();
  if (!name.starts_with('/')) name.insert(0, 1, '/');
  const auto parsed = parse_target(name);
  if (!parsed.path || parsed.path->segments.empty()) return false;
  out = parsed.path->file();
  return true;
}

std::string read_routes(const ordered_json& routes, SiteConfig& config) {
  if (!routes.is_object() || routes.size() > rules_max) {
    return "static.json: \"routes\" is an object of at most 200 entries";
  }
  for (const auto& [pattern, file] : routes.items()) {
    std::string name;
    if (!read_file_name(file, name)) {
      return "static.json: \"routes\": \"" + pattern + "\" needs a file name";
    }
    config.routes.emplace_back(pattern, name);
  }
  return {};
}

std::string read_headers(const ordered_json& rules, SiteConfig& config) {
  if (!rules.is_object() || rules.size() > rules_max) {
    return "static.json: \"headers\" is an object of at most 200 entries";
  }
  for (const auto& [pattern, headers] : rules.items()) {
    if (!headers.is_object() || headers.size() > rules_max) {
      return "static.json: \"headers\": \"" + pattern + "\" needs an object of names and values";
    }
    SiteConfig::HeaderRule rule{pattern, {}};
    for (const auto& [name, value] : headers.items()) {
      if (!is_header_name(name) || is_framing_header(name) || !value.is_string() ||
          !is_header_value(value.get_ref<const std::string&>())) {
        return "static.json: \"headers\": \"" + name + "\" cannot be set, or not to that value";
      }
      rule.headers.emplace_back(name, value.get<std::string>());
    }
    config.headers.push_back(std::move(rule));
  }
  return {};
}

}  // namespace

std::variant<SiteConfig, std::string> parse_site_config(std::string_view text) {
  const auto json = ordered_json::parse(text, nullptr, false, true);
  if (!json.is_object()) return std::string("static.json is no JSON object");
  SiteConfig config;
  if (const auto it = json.find("clean_urls"); it != json.end()) {
    if (!it->is_boolean()) return std::string("static.json: \"clean_urls\" is true or false");
    config.clean_urls = it->get<bool>();
  }
  if (const auto it = json.find("error_page"); it != json.end()) {
    if (!read_file_name(*it, config.error_page)) {
      return std::string("static.json: \"error_page\" is a file name");
    }
  }
  std::string error;
  if (const auto it = json.find("routes"); it != json.end()) error = read_routes(*it, config);
  if (const auto it = json.find("headers"); error.empty() && it != json.end()) {
    error = read_headers(*it, config);
  }
  if (!error.empty()) return error;
  return config;
}

bool route_matches(std::string_view pattern, std::string_view path) {
  // Going back to the last star only would be wrong for `*` after `**`: remember both.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos, star_at = 0;    // `*`
  std::size_t stars = std::string_view::npos, stars_at = 0;  // `**`
  while (t < path.size()) {
    if (pattern.substr(p).starts_with("**")) {
      stars = p;
      stars_at = t;
      star = std::string_view::npos;
      p += 2;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_at = t;
    } else if (p < pattern.size() && pattern[p] == path[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && path[star_at] != '/') {
      p = star + 1;
      t = ++star_at;
    } else if (stars != std::string_view::npos) {
      star = std::string_view::npos;
      p = stars + 2;
      t = ++stars_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace davit::static_site
