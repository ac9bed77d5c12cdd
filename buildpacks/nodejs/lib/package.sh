# What the app's package.json asks for, and whether this server has it.

declare -A package

require_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    stop "Node.js is not installed on this server." \
      "Its admin installs it with: apt-get install nodejs npm"
  fi
  npm_root=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
}

# inspect_package BUILD_DIR PACK_DIR: fills `package`.
inspect_package() {
  local item
  while IFS= read -r -d '' item; do
    package[${item%%=*}]=${item#*=}
  done < <(node "$2/lib/inspect.js" "$1" "$npm_root")
  if [ -n "${package[error]}" ]; then
    stop "package.json cannot be read: ${package[error]}" "Correct it and push again."
  fi
  [ -n "${package[node]}" ] || stop "node and npm of this server do not work together."
}

check_lock_files() {
  local file found=()
  for file in package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb; do
    [ -f "$file" ] && found+=("$file")
  done
  if [ "${#found[@]}" -gt 1 ] && [ "${found[*]}" != "package-lock.json npm-shrinkwrap.json" ]; then
    stop "Several lock files found: ${found[*]}." \
      "Each names its own versions. Keep the one of the package manager you use: git rm the others."
  fi
  case "${found[0]:-none}:${package[manager]}" in
    package-lock.json:* | npm-shrinkwrap.json:* | none: | none:npm) ;;
    yarn.lock:* | none:yarn) not_yet Yarn ;;
    pnpm-lock.yaml:* | none:pnpm) not_yet pnpm ;;
    bun.lock*:* | none:bun) not_yet Bun ;;
  esac
}

not_yet() {
  stop "This app uses $1, which this buildpack does not support yet." \
    "Use npm for the deploy: run \`npm install --package-lock-only\`, commit package-lock.json, git rm $1's lock file" \
    "and the packageManager field."
}

check_engines() {
  detail "engines.node (package.json):  ${package[engines_node]:-unspecified}"
  detail "Using Node.js ${package[node]} and npm ${package[npm]} of this server"
  case ${package[node_satisfied]} in
    no)
      stop "package.json asks for Node.js ${package[engines_node]}, but this server has ${package[node]} only." \
        "Change engines.node to a range that holds ${package[node]}, or ask the server's admin for another Node.js."
      ;;
    invalid)
      stop "engines.node in package.json is no version range: ${package[engines_node]}" \
        "Write it like \"20.x\" or \">=18\"."
      ;;
    unknown) warn "engines.node is not checked: npm's semver module was not found." ;;
  esac
  if [ "${package[npm_satisfied]}" = no ]; then
    warn "package.json asks for npm ${package[engines_npm]}; going on with npm ${package[npm]}."
  fi
}

# run_app_script NAME: a script of package.json, if there.
run_app_script() {
  [ -n "${package[script_$1]}" ] || return 0
  step "Running $1"
  if ! npm run "$1" 2>&1 | indent; then
    stop "The script \"$1\" of package.json failed; its output is above."
  fi
}

# run_app_script_or FIRST SECOND: the first of them that is there.
run_app_script_or() {
  if [ -n "${package[script_$1]}" ]; then run_app_script "$1"; else run_app_script "$2"; fi
}
