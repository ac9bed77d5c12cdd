#include "server/supervisor/rollout.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"

namespace davit::supervisor {
namespace {

constexpr std::uint32_t count_max = 1000;  // beyond any formation

constexpr Share all{100, true};
constexpr Share none{0, false};

}  // namespace

Result<Share> Share::parse(std::string_view field, std::string_view text) {
  std::string_view digits = text;
  Share share;
  share.percent = digits.ends_with('%');
  if (share.percent) digits.remove_suffix(1);
  const char* end = digits.data() + digits.size();
  const auto [stop, ec] = std::from_chars(digits.data(), end, share.value);
  const std::uint32_t most = share.percent ? 100 : count_max;
  if (digits.empty() || ec != std::errc() || stop != end || share.value > most) {
    return fail(Errc::invalid_argument,
                "{}: '{}' is neither a number of dynos such as 1 nor a share such as 25%", field,
                printable(text, 40));
  }
  return share;
}

std::string Share::str() const { return std::to_string(value) + (percent ? "%" : ""); }

std::uint32_t Share::of(std::uint32_t quantity, bool round_up) const {
  if (!percent) return value;
  const std::uint64_t product = std::uint64_t{quantity} * value;
  return static_cast<std::uint32_t>((product + (round_up ? 99 : 0)) / 100);
}

Result<Rollout> Rollout::parse(const ProcessType& type, std::string_view max_surge,
                               std::string_view max_unavailable) {
  Rollout rollout{all, type.str() == "web" ? none : all};
  if (!max_surge.empty()) {
    const auto surge = Share::parse("max_surge", max_surge);
    if (!surge) return surge.error();
    rollout.surge = *surge;
  }
  if (!max_unavailable.empty()) {
    const auto unavailable = Share::parse("max_unavailable", max_unavailable);
    if (!unavailable) return unavailable.error();
    rollout.unavailable = *unavailable;
  }
  if (rollout.surge.value == 0 && rollout.unavailable.value == 0) {
    return fail(Errc::invalid_argument,
                "max_surge and max_unavailable of '{}' cannot both be 0: no dyno could ever be "
                "replaced; with max_surge=0 say max_unavailable=1 or more",
                type.str());
  }
  return rollout;
}

}  // namespace davit::supervisor
