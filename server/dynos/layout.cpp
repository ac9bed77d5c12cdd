#include "server/dynos/layout.hpp"

#include <algorithm>
#include <vector>

namespace davit::dynos {
namespace {

struct Move {
  std::string from;
  std::string to;
};

std::vector<Move> moves_of(const dyno::Spec& spec, const Layout& layout) {
  std::vector<Move> moves;
  for (const auto& mount : spec.mounts) {
    const bool copied = mount.mode == dyno::MountMode::overlay;
    moves.push_back({mount.target, copied ? spec.scratch + mount.target : mount.source});
  }
  // A mount on /app or /tmp itself stands before these and wins; one below them is longer and wins
  // too.
  moves.push_back({"/app", layout.app});
  moves.push_back({"/tmp", layout.tmp});
  std::stable_sort(moves.begin(), moves.end(), [](const Move& left, const Move& right) {
    return left.from.size() > right.from.size();
  });
  return moves;
}

void relocate(std::string& text, const std::vector<Move>& moves) {
  for (const auto& move : moves) {
    if (text != move.from && !text.starts_with(move.from + "/")) continue;
    text = move.to + text.substr(move.from.size());
    return;
  }
}

}  // namespace

Layout layout_for(dyno::Level level, const std::string& scratch) {
  if (level != dyno::Level::c) return {"/app", "/tmp"};
  return {scratch + "/app", scratch + "/tmp"};
}

dyno::Spec adapt_to_level_c(dyno::Spec spec) {
  const Layout layout = layout_for(dyno::Level::c, spec.scratch);
  const auto moves = moves_of(spec, layout);
  relocate(spec.cwd, moves);
  for (auto& argument : spec.argv) relocate(argument, moves);
  for (auto& [name, value] : spec.env) relocate(value, moves);
  spec.env.emplace("TMPDIR", layout.tmp);
  for (auto& mount : spec.mounts) {
    mount.target =
        mount.mode == dyno::MountMode::overlay ? spec.scratch + mount.target : mount.source;
  }
  return spec;
}

}  // namespace davit::dynos
