#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::supervisor {

// What one dyno may use at most: limits, not reservations.
struct DynoSize {
  std::string name;  // "standard": lower case
  std::uint64_t memory_bytes = 0;
  std::uint32_t cpu_weight = 100;     // share of the CPU where it is scarce; 1..10000
  std::uint32_t cpu_max_percent = 0;  // of one CPU; 0: no cap, idle CPU may be used
  std::uint32_t processes = 0;        // processes and threads
  std::uint64_t disk_bytes = 0;       // of the writable layer over the slug
};

inline constexpr std::string_view standard_size = "standard";

// The sizes that dynos of this server may have. Immutable after its making; any thread.
class SizeCatalog {
 public:
  // The bundled sizes small, standard and large for a machine with so much memory, changed and
  // completed by the admin's. A bundled one never takes more than 70 % of the machine: the rest is
  // davitd's, the router's and the kernel's. invalid_argument naming the size and the field.
  static Result<SizeCatalog> make(std::uint64_t machine_memory, std::vector<DynoSize> custom);
  static SizeCatalog defaults(std::uint64_t machine_memory);

  // By name in any case, or by a vendor's name of the same class ("standard-1x", "basic").
  // invalid_argument, listing the sizes.
  Result<DynoSize> find(std::string_view name) const;
  // What a dyno of this stored size gets. A size that the admin took away leaves standard.
  const DynoSize& or_standard(std::string_view name) const;
  bool has(std::string_view name) const { return get(name) != nullptr; }
  const std::vector<DynoSize>& all() const { return sizes_; }  // smallest first
  std::string names() const;                                   // "small, standard, large"

 private:
  const DynoSize* get(std::string_view name) const;  // by its stored name
  std::vector<DynoSize> sizes_;
};

std::uint64_t machine_memory();  // of this host, in bytes

}  // namespace davit::supervisor
