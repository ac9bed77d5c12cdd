#pragma once
#include <string>
#include <vector>

#include "store/records.hpp"

namespace davit::supervisor {

// What an app shows its visitors in place of the router's pages: whole HTML documents; empty: none.
struct AppPages {
  std::string error;
  std::string maintenance;
  friend bool operator==(const AppPages&, const AppPages&) = default;
};

struct ReadPages {
  AppPages pages;
  std::vector<std::string> problems;  // what was left out, one sentence each
};

// From the config vars ERROR_PAGE_URL and MAINTENANCE_PAGE_URL (the vendor's): a URL, which is
// shown in a frame, or the path of an HTML file in the slug, such as "public/error.html". Blocking.
ReadPages read_pages(const store::ConfigVars& config, const std::string& slug_path);

}  // namespace davit::supervisor
