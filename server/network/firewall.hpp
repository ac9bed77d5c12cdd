#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/network/address_range.hpp"
#include "server/network/nft.hpp"
#include "server/network/ruleset.hpp"

namespace davit::network {

// What tells one davitd from the others of a machine: its data folder. Hexadecimal digits; the same
// after a restart. Blocking.
std::string owner_of(const std::string& data_folder);

// Which range to take, from what exists; pure.
struct RangeChoice {
  std::uint32_t number = 0;
  bool ours = false;  // the table is there
};
// nullopt: all are taken. `not_before`: numbers that were tried are skipped.
std::optional<RangeChoice> choose_range(const std::vector<Chain>& chains, const std::string& owner,
                                        const std::vector<std::uint32_t>& tried);

// Our table of the host's packet filter (level A). Others' tables, other davitds' too, are never
// touched. Every call blocks for some 10 ms: on a worker thread, one at a time.
class HostFirewall {
 public:
  struct Rules {
    Policy policy;
    bool v6 = false;
  };
  // Takes a range: ours of an earlier start, else one that nobody has. unavailable: all are taken.
  static Result<HostFirewall> claim(Nft nft, std::string owner, Rules rules);

  const AddressRange& range() const { return range_; }
  bool v6() const { return rules_.v6; }
  // Puts the table back if somebody has removed it (`nft flush ruleset`). True: it was gone.
  Result<bool> restore();
  // Removes it unless a dyno still uses it.
  Result<> remove_unless_used();

 private:
  HostFirewall(Nft nft, AddressRange range, std::string owner, Rules rules)
      : nft_(std::move(nft)), range_(range), owner_(std::move(owner)), rules_(std::move(rules)) {}
  Result<> apply(Apply how) const;

  Nft nft_;
  AddressRange range_;
  std::string owner_;
  Rules rules_;
};

// The same for whoever has no HostFirewall: after every dyno was stopped.
Result<> remove_unused_table(const Nft& nft, const std::string& owner);

}  // namespace davit::network
