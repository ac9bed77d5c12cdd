# The look of a build: arrows for steps, seven blanks for details, " !     " for what went wrong.

step() { echo "-----> $*"; }
detail() { echo "       $*"; }
indent() { sed -u 's/^/       /'; }

# indented COMMAND...: its output below a step; fails as the command does (needs `set -o pipefail`).
indented() { "$@" 2>&1 | indent; }

# attempt COMMAND...: a step that the build needs.
attempt() {
  step "Running: $*"
  indented "$@" || stop "\`$*\` failed; its output is above."
}

warn() {
  local line
  for line; do echo " !     $line"; done
}

# stop LINE...: ends the build.
stop() {
  echo
  warn "$@"
  exit 1
}
