# Sourced by deploy/try, deploy/smoke and tests/run: messages, durations and a build with progress.
# Nothing here relies on `set -e`: every caller checks what it called and says what failed.

davit_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"

say() { printf '%s\n' "$*"; }

# complain WHAT [WHY [NEXT]]: one failure, told in full, on standard error.
complain() {
  printf '\n !    %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf ' !    %s\n' "$2" >&2
  [ -z "${3:-}" ] || printf ' !    Next: %s\n' "$3" >&2
}

duration() {
  local seconds=$1
  if [ "$seconds" -lt 60 ]; then printf '%d s' "$seconds"; else
    printf '%d min %02d s' $((seconds / 60)) $((seconds % 60))
  fi
}

# Reads ninja's lines; prints one at every twentieth of the way, and everything that is not plain progress.
build_progress() {
  local started=$SECONDS shown=-5 line done_steps total percent
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      done_steps=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      percent=$((total > 0 ? done_steps * 100 / total : 100))
      if [ $((percent - shown)) -ge 5 ] || { [ "$percent" = 100 ] && [ "$shown" != 100 ]; }; then
        shown=$percent
        printf '   %3d%%  %s of %s steps, %s\n' "$percent" "$done_steps" "$total" \
          "$(duration $((SECONDS - started)))"
      fi
    elif [[ $line != "ninja: no work to do." ]]; then
      printf '%s\n' "$line"
    fi
  done
}

# DAVIT_JOBS: fewer compilers at once where memory is short (each takes up to 1 GB).
build_jobs() { echo "${DAVIT_JOBS:-$(nproc 2>/dev/null || echo 2)}"; }

# build_preset PRESET [CMAKE-OPTION…]: configures and builds; progress on standard output; 0 or the failing tool's status.
# Two builds in one folder would break each other: a lock makes the second wait.
build_preset() {
  local preset=$1 folder="$davit_root/build/$1" status
  shift
  if ! mkdir -p "$folder" 2>/dev/null || [ ! -w "$folder" ]; then
    complain "cannot write to $folder" "It belongs to $(stat -c %U "$folder" 2>/dev/null || echo someone else); you are $(id -un)." \
      "build in a checkout of your own, or give it back: sudo chown -R $(id -un) '$davit_root/build'"
    return 1
  fi
  (
    if ! flock -n 8; then
      say "   another build runs in $folder; waiting for it"
      flock 8
    fi
    cd "$davit_root" || exit 1
    if ! cmake --preset "$preset" "$@" >"$folder/configure.log" 2>&1; then
      tail -n 40 "$folder/configure.log" >&2
      complain "cmake could not configure the preset '$preset'" "The whole output: $folder/configure.log" \
        "after a change of compilers or packages, remove $folder and try again"
      exit 1
    fi
    NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" -j "$(build_jobs)" 2>&1 8>&- | build_progress
    status=${PIPESTATUS[0]}
    if [ "$status" != 0 ]; then
      complain "the build of preset '$preset' failed" "The compiler's words are above." \
        "if the compiler was killed, memory was short: run with DAVIT_JOBS=1"
    fi
    exit "$status"
  ) 8>"$folder/.davit-build.lock"
}
