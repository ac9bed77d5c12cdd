#include "server/network/firewall.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "server/network/host.hpp"

namespace davit::network {
namespace {

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

bool has_table(const std::vector<Chain>& chains, const AddressRange& range) {
  return std::ranges::any_of(chains,
                             [&](const Chain& chain) { return chain.table == range.table(); });
}

bool is_ours(const std::vector<Chain>& chains, const AddressRange& range,
             const std::string& owner) {
  return std::ranges::find(chains, Chain{range.table(), owner_chain(owner)}) != chains.end();
}

std::optional<AddressRange> range_of(const std::vector<Chain>& chains, const std::string& owner) {
  for (std::uint32_t number = 0; number < AddressRange::count; ++number) {
    const AddressRange range(number);
    if (is_ours(chains, range, owner)) return range;
  }
  return std::nullopt;
}

Result<> remove_table(const Nft& nft, const AddressRange& range) {
  if (devices_exist(range.device_prefix())) return {};
  return nft.apply(fmt::format("delete table inet {}\n", range.table()));
}

}  // namespace

std::string owner_of(const std::string& data_folder) {
  // Containers may share the host's network and have the same path: the inode tells them apart.
  struct stat info {};
  ::stat(data_folder.c_str(), &info);
  return fmt::format("{:016x}",
                     fnv1a(fmt::format("{} {} {}", data_folder, info.st_dev, info.st_ino)));
}

std::optional<RangeChoice> choose_range(const std::vector<Chain>& chains, const std::string& owner,
                                        const std::vector<std::uint32_t>& tried) {
  if (const auto range = range_of(chains, owner)) return RangeChoice{range->number(), true};
  const auto first = static_cast<std::uint32_t>(fnv1a(owner) % AddressRange::count);
  for (std::uint32_t step = 0; step < AddressRange::count; ++step) {
    const std::uint32_t number = (first + step) % AddressRange::count;
    const bool skipped = std::ranges::find(tried, number) != tried.end();
    if (!skipped && !has_table(chains, AddressRange(number))) return RangeChoice{number, false};
  }
  return std::nullopt;
}

Result<HostFirewall> HostFirewall::claim(Nft nft, std::string owner, Rules rules) {
  std::vector<std::uint32_t> tried;
  for (;;) {
    const auto chains = nft.chains();
    if (!chains) return chains.error();
    const auto choice = choose_range(*chains, owner, tried);
    if (!choice) {
      return fail(Errc::unavailable,
                  "every address range for dynos is taken: `nft list tables` shows tables davit_*, "
                  "`nft delete table inet NAME` removes one that no davitd uses");
    }
    HostFirewall firewall(nft, AddressRange(choice->number), owner, rules);
    const auto applied = firewall.apply(choice->ours ? Apply::replace : Apply::claim);
    if (applied) return firewall;
    // Another davitd may just have claimed it; anything else fails again, and is then told.
    const auto now = nft.chains();
    const bool lost = now && !choice->ours && has_table(*now, firewall.range_);
    if (!lost) return applied.error();
    tried.push_back(choice->number);
  }
}

Result<> HostFirewall::apply(Apply how) const {
  return nft_.apply(host_ruleset(rules_.policy, {range_, owner_, rules_.v6}, how));
}

Result<bool> HostFirewall::restore() {
  const auto chains = nft_.chains();
  if (!chains) return chains.error();
  if (is_ours(*chains, range_, owner_)) return false;
  DAVIT_TRY(apply(Apply::claim));
  return true;
}

Result<> HostFirewall::remove_unless_used() { return remove_table(nft_, range_); }

Result<> remove_unused_table(const Nft& nft, const std::string& owner) {
  const auto chains = nft.chains();
  if (!chains) return chains.error();
  const auto range = range_of(*chains, owner);
  return range ? remove_table(nft, *range) : Result<>();
}

}  // namespace davit::network
