# Which package manager installs the app: the field packageManager, else the lock file, else engines. Run in the app's
# root, after wishes.sh.

manager=npm
manager_range=
manager_where=

# check_lock_files: the name of the one there is, or nothing.
lock_file() {
  local file found=()
  for file in package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb; do
    [ -f "$file" ] && found+=("$file")
  done
  case "${found[*]}" in
    "package-lock.json npm-shrinkwrap.json" | "bun.lock bun.lockb") ;;
    *" "*)
      stop "Several lock files found: ${found[*]}." \
        "Each names its own versions. Keep the one of the package manager you use: git rm the others." >&2
      ;;
  esac
  echo "${found[0]:-}"
}

manager_of_lock() {
  case $1 in
    yarn.lock) echo yarn ;;
    pnpm-lock.yaml) echo pnpm ;;
    bun.lock | bun.lockb) echo bun ;;
    package-lock.json | npm-shrinkwrap.json) echo npm ;;
  esac
}

# The versions that wrote a lock file of this format.
range_of_lock() {
  case $1 in
    pnpm-lock.yaml)
      case $(sed -n "s/^lockfileVersion:[[:space:]]*'\{0,1\}\([0-9.]*\).*/\1/p" "$1" | head -n 1) in
        5.*) echo 7.x ;;
        6.*) echo 8.x ;;
        *) echo 9.x ;;
      esac
      ;;
    yarn.lock)
      case $(sed -n '/^__metadata:/,/^$/s/^[[:space:]]*version:[[:space:]]*\([0-9]*\).*/\1/p' "$1" | head -n 1) in
        '') echo 1.x ;;
        4 | 5) echo 2.x ;;
        6) echo 3.x ;;
        *) echo 4.x ;;
      esac
      ;;
    bun.lock | bun.lockb) echo 1.x ;;
  esac
}

choose_manager() {
  local lock declared name
  lock=$(lock_file 2>&1) || { echo "$lock"; exit 1; }
  declared=$(field .packageManager)
  if [ -n "$declared" ]; then
    manager=${declared%%@*}
    # pnpm@9.1.0+sha512.…, or the name alone.
    if [[ $declared == *@* ]]; then
      manager_range=${declared#*@}
      manager_range=${manager_range%%+*}
    elif [ -n "$lock" ]; then
      manager_range=$(range_of_lock "$lock")
    fi
    manager_where="packageManager in package.json"
  elif [ -n "$lock" ]; then
    manager=$(manager_of_lock "$lock")
    manager_range=$(field ".engines.$manager")
    manager_where="engines.$manager in package.json"
    if [ -z "$manager_range" ]; then
      manager_range=$(range_of_lock "$lock")
      manager_where=$lock
    fi
  else
    for name in pnpm yarn bun; do
      manager_range=$(field ".engines.$name")
      [ -n "$manager_range" ] || continue
      manager=$name
      manager_where="engines.$name in package.json"
      return
    done
  fi
  case $manager in
    npm | yarn | pnpm | bun) ;;
    *)
      stop "packageManager of package.json names \"$manager\", which this buildpack does not know." \
        "It knows npm, yarn, pnpm and bun."
      ;;
  esac
  if [ -n "$lock" ] && [ "$(manager_of_lock "$lock")" != "$manager" ]; then
    stop "packageManager of package.json names $manager, but the lock file is $lock." \
      "Commit the lock file of $manager, or correct packageManager."
  fi
}

# npm comes with Node.js.
manager_wish() { [ "$manager" = npm ] || wish "$manager" "$manager_range" "$manager_where"; }
