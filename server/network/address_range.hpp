#pragma once
#include <cstdint>
#include <string>

namespace davit::network {

// The addresses and device names of one davitd's dynos. All come from 198.18.0.0/15 (RFC 2544,
// benchmarks between isolated networks), which no host of the internet and no ordinary private
// network has; each davitd of a machine takes a part of its own.
class AddressRange {
 public:
  static constexpr std::uint32_t count = 31;       // the last one is left to probes
  static constexpr std::uint32_t size = 4096;      // addresses in one
  static constexpr std::uint32_t first_index = 2;  // 0 is the network, 1 the gateway
  static constexpr std::uint32_t last_index = size - 2;

  explicit AddressRange(std::uint32_t number);  // below count

  std::uint32_t number() const { return number_; }
  std::string subnet() const;   // "198.18.16.0/20"
  std::string gateway() const;  // of every dyno: the host's end
  std::string address(std::uint32_t index) const;
  // IPv6, of RFC 4193's local addresses.
  std::string subnet6() const;
  std::string gateway6() const;
  std::string address6(std::uint32_t index) const;
  // Of the host's ends: "dv01-" and "dv01-02a".
  std::string device_prefix() const;
  std::string device(std::uint32_t index) const;
  // The packet filter's table; who has made it has the range.
  std::string table() const;

 private:
  std::uint32_t number_;
};

// Every dyno's, of any davitd.
inline constexpr const char* any_dyno_device = "dv*";

}  // namespace davit::network
