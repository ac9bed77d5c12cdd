#include "server/network/address_range.hpp"

#include <fmt/format.h>

#include "base/ensure.hpp"

namespace davit::network {
namespace {

constexpr std::uint32_t base = 198u << 24 | 18u << 16;

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255,
                     address & 255);
}

}  // namespace

AddressRange::AddressRange(std::uint32_t number) : number_(number) {
  ensure(number < count, "there are 31 ranges");
}

std::string AddressRange::subnet() const { return dotted(base + number_ * size) + "/20"; }

std::string AddressRange::gateway() const { return address(1); }

std::string AddressRange::address(std::uint32_t index) const {
  return dotted(base + number_ * size + index);
}

std::string AddressRange::subnet6() const { return fmt::format("fdda:7173:{:x}::/64", number_); }

std::string AddressRange::gateway6() const { return address6(1); }

std::string AddressRange::address6(std::uint32_t index) const {
  return fmt::format("fdda:7173:{:x}::{:x}", number_, index);
}

std::string AddressRange::device_prefix() const { return fmt::format("dv{:02x}-", number_); }

std::string AddressRange::device(std::uint32_t index) const {
  return fmt::format("{}{:03x}", device_prefix(), index);
}

std::string AddressRange::table() const { return fmt::format("davit_{:02x}", number_); }

}  // namespace davit::network
