#include "server/supervisor/app_pages.hpp"

#include <fmt/format.h>

#include "base/tree_file.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

// The browser fetches it: neither router nor davitd ever calls a URL that an app has chosen.
std::string framed(std::string_view url) {
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Application Error</title>"
      "<style>html,body,iframe{{margin:0;border:0;height:100%;width:100%;display:block}}</style>"
      "</head><body><iframe src=\"{}\"></iframe></body></html>\n",
      escape(url));
}

Result<std::string> page_of(std::string_view value, const std::string& slug_path) {
  if (value.starts_with("https://") || value.starts_with("http://")) {
    if (value.size() > limits::page_url_bytes_max) {
      return fail(Errc::too_large, "a URL of more than {} bytes", limits::page_url_bytes_max);
    }
    return framed(value);
  }
  auto file = read_beneath(slug_path, value, limits::page_bytes_max);
  if (!file) return std::move(file).error();
  if (!file->has_value()) return fail(Errc::not_found, "no file '{}' in the slug", value);
  return std::move(**file);
}

}  // namespace

ReadPages read_pages(const store::ConfigVars& config, const std::string& slug_path) {
  ReadPages read;
  const auto take = [&](const char* name, std::string& page) {
    const auto found = config.find(name);
    if (found == config.end() || found->second.empty()) return;
    auto made = page_of(found->second, slug_path);
    if (made) {
      page = std::move(*made);
    } else {
      read.problems.push_back(
          fmt::format("{} left out: {}. It is an https:// URL or the path of an HTML file in the "
                      "app.",
                      name, made.error().message));
    }
  };
  take("ERROR_PAGE_URL", read.pages.error);
  take("MAINTENANCE_PAGE_URL", read.pages.maintenance);
  return read;
}

}  // namespace davit::supervisor
