# The look of a build: arrows for steps, seven blanks for details, " !     " for what went wrong.

step() { echo "-----> $*"; }
detail() { echo "       $*"; }
indent() { sed -u 's/^/       /'; }

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
