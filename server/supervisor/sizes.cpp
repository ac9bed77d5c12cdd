#include "server/supervisor/sizes.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "base/encoding.hpp"
#include "base/ensure.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::supervisor {
namespace {

constexpr std::uint64_t mb = 1024 * 1024;
constexpr std::uint64_t machine_share_percent = 70;

// Processes follow the vendor's classes: packs tell a dyno's class by `ulimit -u` (256, 512).
const DynoSize bundled[] = {
    {"small", 256 * mb, 50, 0, 128, 512 * mb},
    {"standard", 512 * mb, 100, 0, 256, 1024 * mb},
    {"large", 1024 * mb, 200, 0, 512, 2048 * mb},
};

struct Alias {
  std::string_view name;
  std::string_view size;
};
constexpr Alias aliases[] = {
    {"eco", "standard"},     {"basic", "standard"},    {"hobby", "standard"},
    {"free", "standard"},    {"1x", "standard"},       {"standard-1x", "standard"},
    {"2x", "large"},         {"standard-2x", "large"}, {"performance-m", "large"},
    {"performance", "large"}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 30 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Result<> check(const DynoSize& size) {
  const auto wrong = [&](const char* field, const std::string& what) {
    return fail(Errc::invalid_argument, "sizes.{}: {} {}", printable(size.name, 40), field, what);
  };
  if (!valid_name(size.name)) {
    return fail(Errc::invalid_argument,
                "sizes.{}: a size's name is made of lower-case letters, digits and '-'",
                printable(size.name, 40));
  }
  if (size.memory_bytes < limits::size_memory_min) return wrong("memory", "must be at least 16 MB");
  if (size.cpu_weight < 1 || size.cpu_weight > 10'000) {
    return wrong("cpu_weight", "must be between 1 and 10000 (100 is usual)");
  }
  if (size.processes < limits::size_processes_min) return wrong("processes", "must be at least 8");
  if (size.disk_bytes < limits::size_disk_min) return wrong("disk", "must be at least 16 MB");
  return {};
}

}  // namespace

SizeCatalog SizeCatalog::defaults(std::uint64_t machine_memory) {
  SizeCatalog catalog;
  const std::uint64_t most = machine_memory / 100 * machine_share_percent;
  for (DynoSize size : bundled) {
    if (most > 0) size.memory_bytes = std::min(size.memory_bytes, most);
    catalog.sizes_.push_back(std::move(size));
  }
  return catalog;
}

Result<SizeCatalog> SizeCatalog::make(std::uint64_t machine_memory, std::vector<DynoSize> custom) {
  SizeCatalog catalog = defaults(machine_memory);
  if (custom.size() > limits::sizes_max) {
    return fail(Errc::limit_exceeded, "sizes: {} are defined, the limit is {}", custom.size(),
                limits::sizes_max);
  }
  for (DynoSize& size : custom) {
    DAVIT_TRY(check(size));
    const auto same = std::ranges::find(catalog.sizes_, size.name, &DynoSize::name);
    if (same != catalog.sizes_.end()) {
      *same = std::move(size);
    } else {
      catalog.sizes_.push_back(std::move(size));
    }
  }
  std::ranges::stable_sort(catalog.sizes_, {}, &DynoSize::memory_bytes);
  return catalog;
}

const DynoSize* SizeCatalog::get(std::string_view name) const {
  const auto found = std::ranges::find(sizes_, name, &DynoSize::name);
  return found == sizes_.end() ? nullptr : &*found;
}

Result<DynoSize> SizeCatalog::find(std::string_view name) const {
  const std::string wanted = lower(name);
  if (const DynoSize* size = get(wanted)) return *size;
  for (const Alias& alias : aliases) {
    if (alias.name == wanted) return or_standard(alias.size);
  }
  return fail(Errc::invalid_argument, "'{}' is not a dyno size of this server; it has {}",
              printable(name, 40), names());
}

const DynoSize& SizeCatalog::or_standard(std::string_view name) const {
  if (const DynoSize* size = get(name)) return *size;
  const DynoSize* standard = get(standard_size);
  ensure(standard != nullptr, "every catalog has the standard size");
  return *standard;
}

std::string SizeCatalog::names() const {
  std::string text;
  for (const DynoSize& size : sizes_) text += (text.empty() ? "" : ", ") + size.name;
  return text;
}

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes)
             : 0;
}

}  // namespace davit::supervisor
