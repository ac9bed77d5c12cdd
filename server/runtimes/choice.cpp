#include "server/runtimes/choice.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "server/runtimes/support_table.hpp"

namespace davit::runtimes {
namespace {

std::string where_of(const Wish& wish) {
  return wish.where.empty() ? std::string("the buildpack") : printable(wish.where, 100);
}

Ask base_ask(const Language* language, Range range, std::string text, WallTime now) {
  Ask ask{language, std::move(range), {}, std::move(text), false};
  if (ask.range.open_ended()) ask.major_max = newest_lts(language->name, now);
  return ask;
}

}  // namespace

Result<Ask> make_ask(const Wish& wish, const std::optional<Version>& last, WallTime now) {
  if (!wish.range.empty()) {
    auto range = range_of(wish, now);
    if (!range) return std::move(range).error();
    Ask ask =
        base_ask(wish.language, std::move(*range),
                 fmt::format("\"{}\" of {}", printable(wish.range, 100), where_of(wish)), now);
    ask.wished = true;
    return ask;
  }
  if (last) {
    return base_ask(wish.language, line_of(*wish.language, *last),
                    "no version asked for; as in the last release", now);
  }
  const auto range = range_of({wish.language, std::string(wish.language->fallback), {}}, now);
  return base_ask(wish.language, range.value(), "no version asked for; the default", now);
}

std::vector<Ask> weaker_asks(const Ask& ask, WallTime now) {
  if (ask.wished) return {};
  const auto standard = make_ask({ask.language, {}, {}}, std::nullopt, now);
  return {*standard,
          base_ask(ask.language, Range::any(), "no version asked for; what is here", now)};
}

bool admits(const Ask& ask, const Version& version) {
  return ask.range.admits(version) && (!ask.major_max || version.major <= *ask.major_max);
}

std::optional<Runtime> pick(const Ask& ask, const Shelf& shelf) {
  const auto best = [&](const auto& list) {
    const std::decay_t<decltype(list.front())>* chosen = nullptr;
    for (const auto& one : list) {
      const bool fits = one.language == ask.language->name && admits(ask, one.version);
      if (fits && (chosen == nullptr || chosen->version < one.version)) chosen = &one;
    }
    return chosen;
  };
  if (const Stored* stored = best(shelf.stored)) {
    return Runtime{stored->language, stored->version.str(), Origin::store, {}, {}};
  }
  if (const Found* found = best(shelf.found)) {
    return Runtime{found->language, found->version.str(), Origin::distribution, found->path, {}};
  }
  return std::nullopt;
}

const Candidate* pick(const Ask& ask, const std::vector<Candidate>& candidates) {
  const Candidate* chosen = nullptr;
  for (const Candidate& one : candidates) {
    if (admits(ask, one.version) && (chosen == nullptr || chosen->version < one.version)) {
      chosen = &one;
    }
  }
  return chosen;
}

std::vector<std::string> warnings(const Ask& ask, const Version& chosen, WallTime now) {
  std::vector<std::string> lines;
  const std::string_view title = ask.language->title;
  if (ask.wished && ask.major_max) {
    lines.push_back(
        fmt::format("{} has no upper end: it ends at {} {}, the newest with long-term "
                    "support. Write \"{}.x\" to decide yourself.",
                    ask.text, title, *ask.major_max, chosen.major));
  }
  if (const auto since = end_of_support(ask.language->name, chosen, now)) {
    lines.push_back(fmt::format("{} {} gets no security fixes since {}: move to a newer one.",
                                title, chosen.str(), *since));
  }
  return lines;
}

Error nothing_found(const Ask& ask, const Shelf& shelf, const std::vector<std::string>& failures) {
  std::string here;
  const auto list = [&](const Version& version, const char* origin) {
    here += fmt::format("{}{}{}", here.empty() ? "" : ", ", version.str(), origin);
  };
  for (const auto& one : shelf.stored) {
    if (one.language == ask.language->name) list(one.version, "");
  }
  for (const auto& one : shelf.found) {
    if (one.language == ask.language->name) list(one.version, " (the distribution's)");
  }
  std::string text = fmt::format("{}: there is no {} for {}.\nOn this server: {}.", "Runtimes",
                                 ask.language->title, ask.text, here.empty() ? "none" : here);
  for (const std::string& failure : failures) text += "\nNot downloaded: " + failure + ".";
  text += fmt::format(
      "\nAsk for one that is there, or ask the server's admin: `davit admin runtimes:add {} "
      "RANGE-OR-FOLDER`.",
      ask.language->name);
  return fail(Errc::not_found, "{}", text);
}

}  // namespace davit::runtimes
