#include "server/runtimes/range.hpp"

#include <algorithm>

#include "server/runtimes/range_parts.hpp"

namespace davit::runtimes {

using enum Comparator::Op;

bool Comparator::admits(const Version& candidate) const {
  switch (op) {
    case less: return candidate < version;
    case less_equal: return candidate <= version;
    case greater: return candidate > version;
    case greater_equal: return candidate >= version;
    case equal: return candidate == version;
  }
  return false;
}

bool Range::admits(const Version& version) const {
  return std::ranges::any_of(alternatives_, [&](const auto& all) {
    if (!std::ranges::all_of(all, [&](const auto& one) { return one.admits(version); })) {
      return false;
    }
    return version.pre.empty() || std::ranges::any_of(all, [&](const Comparator& one) {
             return !one.version.pre.empty() && one.version.same_numbers(version);
           });
  });
}

bool Range::open_ended() const {
  return std::ranges::any_of(alternatives_, [](const auto& all) {
    return std::ranges::none_of(all, [](const Comparator& one) {
      return one.op == less || one.op == less_equal || one.op == equal;
    });
  });
}

std::string Range::str() const {
  std::string text;
  for (const auto& all : alternatives_) {
    if (!text.empty()) text += " || ";
    if (all.empty()) text += "*";
    for (std::size_t i = 0; i < all.size(); ++i) {
      constexpr const char* names[] = {"<", "<=", ">", ">=", ""};
      text += (i == 0 ? "" : " ") + std::string(names[static_cast<int>(all[i].op)]) +
              all[i].version.str();
    }
  }
  return text;
}

Range Range::any() {
  Range range;
  range.alternatives_.emplace_back();
  return range;
}

namespace {

using parts::Partial;
using Comparators = std::vector<Comparator>;

Comparator at_least(const Partial& from) {
  return {greater_equal, {from.major, from.minor, from.patch, from.pre}};
}

// Before every version that begins so, pre-releases too: "<2.0.0-0".
Comparator before(std::uint64_t major, std::uint64_t minor, std::uint64_t patch = 0) {
  return {less, {major, minor, patch, {"0"}}};
}

// Everything that begins with the parts that are given.
void add_prefix(const Partial& partial, Comparators& out) {
  if (partial.given == 0) return;
  if (partial.given == 3) {
    out.push_back({equal, {partial.major, partial.minor, partial.patch, partial.pre}});
    return;
  }
  out.push_back(at_least(partial));
  out.push_back(partial.given == 1 ? before(partial.major + 1, 0)
                                   : before(partial.major, partial.minor + 1));
}

void add_tilde(const Partial& partial, Comparators& out) {
  if (partial.given < 3) return add_prefix(partial, out);
  out.push_back(at_least(partial));
  out.push_back(before(partial.major, partial.minor + 1));
}

// The leftmost part that is not 0 stays.
void add_caret(const Partial& partial, Comparators& out) {
  if (partial.given == 0) return;
  out.push_back(at_least(partial));
  if (partial.major > 0 || partial.given == 1) {
    out.push_back(before(partial.major + 1, 0));
  } else if (partial.minor > 0 || partial.given == 2) {
    out.push_back(before(0, partial.minor + 1));
  } else {
    out.push_back(before(0, 0, partial.patch + 1));
  }
}

void add_compared(std::string_view op, const Partial& partial, Comparators& out) {
  if (partial.given == 0) {
    // Nothing is above or below everything.
    if (op == "<" || op == ">") out.push_back(before(0, 0));
    return;
  }
  Version version{partial.major, partial.minor, partial.patch, partial.pre};
  if (partial.given == 3) {
    const auto named = op == "<"    ? less
                       : op == "<=" ? less_equal
                       : op == ">"  ? greater
                                    : greater_equal;
    out.push_back({named, std::move(version)});
    return;
  }
  // "<=1.2" holds for 1.2.9, ">1.2" does not.
  if (op == ">" || op == "<=") {
    if (partial.given == 1) {
      ++version.major;
    } else {
      ++version.minor;
    }
  }
  if (op == ">" || op == ">=") {
    out.push_back({greater_equal, std::move(version)});
  } else {
    version.pre = {"0"};
    out.push_back({less, std::move(version)});
  }
}

void add_hyphen(const Partial& from, const Partial& to, Comparators& out) {
  if (from.given > 0) out.push_back(at_least(from));
  if (to.given == 0) return;
  if (to.given == 3) {
    out.push_back({less_equal, {to.major, to.minor, to.patch, to.pre}});
  } else {
    out.push_back(to.given == 1 ? before(to.major + 1, 0) : before(to.major, to.minor + 1));
  }
}

Result<> add_simple(std::string_view text, Comparators& out) {
  const std::string_view op = parts::take_operator(text);
  const auto partial = parts::parse_partial(text);
  if (!partial || op == "!=") return parts::no_range(text);
  if (op.starts_with('~')) {
    add_tilde(*partial, out);
  } else if (op == "^") {
    add_caret(*partial, out);
  } else if (op.empty() || op.starts_with('=')) {
    add_prefix(*partial, out);
  } else {
    add_compared(op, *partial, out);
  }
  return {};
}

Result<Comparators> parse_alternative(std::string_view text) {
  Comparators out;
  const auto words = parts::words_of(text);
  if (words.size() == 3 && words[1] == "-") {
    const auto from = parts::parse_partial(words[0]);
    const auto to = parts::parse_partial(words[2]);
    if (!from || !to) return parts::no_range(text);
    add_hyphen(*from, *to, out);
    return out;
  }
  for (const auto& word : words) DAVIT_TRY(add_simple(word, out));
  return out;
}

// Python: "~=3.11.2" is >=3.11.2, ==3.11.*; "~=3.11" is >=3.11, ==3.*.
Result<> add_python(std::string_view text, std::vector<Comparators>& sets) {
  const std::string_view op = parts::take_operator(text);
  const auto partial = parts::parse_partial(text);
  if (!partial || op == "^" || op == "~" || op == "~>" || op == "=" || op == "===") {
    return parts::no_range(text);
  }
  Comparators wanted;
  if (op == "!=") {
    Comparators excluded;
    add_prefix(*partial, excluded);
    if (excluded.empty()) return parts::no_range(text);
    // Two ways around it.
    Comparator below{less, excluded.front().version};
    Comparator above{greater, excluded.front().version};
    if (excluded.size() == 2)
      above = {greater_equal, {excluded[1].version.major, excluded[1].version.minor, 0, {}}};
    std::vector<Comparators> split;
    for (const auto& set : sets) {
      split.push_back(set);
      split.back().push_back(below);
      split.push_back(set);
      split.back().push_back(above);
    }
    if (split.size() > limits::range_alternatives_max) return parts::no_range(text);
    sets = std::move(split);
    return {};
  }
  if (op == "~=") {
    if (partial->given < 2) return parts::no_range(text);
    wanted.push_back(at_least(*partial));
    wanted.push_back(partial->given == 2 ? before(partial->major + 1, 0)
                                         : before(partial->major, partial->minor + 1));
  } else if (op.empty() || op == "==") {
    add_prefix(*partial, wanted);
  } else if (op == "<=" || op == ">") {
    // Unlike npm: "<=3.12" is not 3.12.1, and ">3.11" is 3.11.1.
    wanted.push_back({op == ">" ? greater : less_equal,
                      {partial->major, partial->minor, partial->patch, partial->pre}});
  } else {
    add_compared(op, *partial, wanted);
  }
  for (auto& set : sets) set.insert(set.end(), wanted.begin(), wanted.end());
  return {};
}

}  // namespace

Result<Range> Range::parse(std::string_view text) {
  if (text.size() > limits::range_bytes_max) return parts::no_range(text);
  Range range;
  for (;;) {
    const std::size_t bars = text.find("||");
    auto alternative = parse_alternative(text.substr(0, bars));
    if (!alternative) return std::move(alternative).error();
    range.alternatives_.push_back(std::move(*alternative));
    if (bars == text.npos) return range;
    if (range.alternatives_.size() == limits::range_alternatives_max) return parts::no_range(text);
    text.remove_prefix(bars + 2);
  }
}

Result<Range> Range::parse_python(std::string_view text) {
  if (text.size() > limits::range_bytes_max) return parts::no_range(text);
  Range range = any();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto words = parts::words_of(text.substr(0, comma));
    if (words.size() > 1) return parts::no_range(text);
    if (!words.empty()) DAVIT_TRY(add_python(words[0], range.alternatives_));
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return range;
}

const Version* best_of(const std::vector<Version>& versions, const Range& range) {
  const Version* best = nullptr;
  for (const Version& version : versions) {
    if (range.admits(version) && (best == nullptr || *best < version)) best = &version;
  }
  return best;
}

}  // namespace davit::runtimes
