#pragma once
#include <string>

#include "dyno/protocol/spec.hpp"

namespace davit::dynos {

// Where a dyno's folders are, as its command sees them.
struct Layout {
  std::string app;  // HOME and working folder
  std::string tmp;
};

// "/app" and "/tmp" where there are mounts; folders below scratch at level C.
Layout layout_for(dyno::Level level, const std::string& scratch);

// Turns a spec made for mounts into one for level C, which has none: every mount target, and /app
// and /tmp, become host paths in cwd, in environment values and in arguments that equal the target
// or start with it and a slash. Overlays become copies below scratch (davit-dyno makes them), other
// mounts their source. An argument that merely contains a path (bash -c "cd /app") is not touched:
// use HOME, or layout_for(). TMPDIR is set where it is absent.
dyno::Spec adapt_to_level_c(dyno::Spec spec);

}  // namespace davit::dynos
