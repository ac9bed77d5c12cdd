# What the app's package.json asks for, and its scripts.

declare -A package

# inspect_package BUILD_DIR PACK_DIR: fills `package`.
inspect_package() {
  local item
  npm_root=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  while IFS= read -r -d '' item; do
    package[${item%%=*}]=${item#*=}
  done < <(node "$2/lib/inspect.js" "$1" "$npm_root")
  [ -n "${package[node]}" ] || stop "node and npm of this server do not work together."
}

# Node.js brings an npm. Another one, where engines.npm asks for it, is kept in the cache, for builds alone.
honour_npm_wish() {
  local folder=$node_cache/npm-wished wanted=${package[npm_wanted]:-}
  [ "$manager" = npm ] && [ -n "$wanted" ] && [ -z "${package[npm_fits]}" ] || return 0
  if [ "$(cat "$folder/wanted" 2>/dev/null)" != "$wanted" ]; then
    step "Installing npm $wanted: Node.js ${package[node]} comes with ${package[npm]}"
    rm -rf "$folder"
    mkdir -p "$folder"
    indented npm install --prefix "$folder" --no-package-lock --ignore-scripts "npm@$wanted" ||
      stop "There is no npm \"$wanted\", which package.json asks for; npm's output is above."
    echo "$wanted" >"$folder/wanted"
  fi
  PATH=$folder/node_modules/.bin:$PATH
  inspect_package "$build_dir" "$pack_dir"
  detail "npm ${package[npm]}"
}

# run_app_script NAME: a script of package.json, if there.
run_app_script() {
  [ -n "${package[script_$1]}" ] || return 0
  step "Running $1"
  if ! "$manager" run "$1" 2>&1 | indent; then
    stop "The script \"$1\" of package.json failed; its output is above."
  fi
}

# run_app_script_or FIRST SECOND: the first of them that is there.
run_app_script_or() {
  if [ -n "${package[script_$1]}" ]; then run_app_script "$1"; else run_app_script "$2"; fi
}
