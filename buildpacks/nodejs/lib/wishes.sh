# Which Node.js the app asks for. Run in the app's root; needs jq, because there is no Node.js yet.

check_package_json() {
  local problem
  if ! problem=$(jq -e 'type == "object"' package.json 2>&1 >/dev/null); then
    stop "package.json cannot be read: ${problem:-it is no object}" "Correct it and push again."
  fi
}

# field FILTER: a text of package.json, in one line.
field() { jq -r "($1)? | strings" package.json | tr -d '\r\n#' | head -c 500; }

# wish LANGUAGE RANGE WHERE
wish() { printf '%s %s # %s\n' "$1" "$2" "$3"; }

# The first line of a file that says something.
first_word_of() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" 2>/dev/null | head -n 1 | tr -d '[:space:]'; }

node_wish() {
  local range file
  range=$(field .engines.node)
  if [ -n "$range" ]; then wish node "$range" "engines.node in package.json" && return; fi
  for file in .nvmrc .node-version; do
    range=$(first_word_of "$file")
    if [ -n "$range" ]; then wish node "$range" "$file" && return; fi
  done
  range=$(sed -n 's/^\(nodejs\|node\)[[:space:]]\{1,\}\([^[:space:]#]*\).*/\2/p' .tool-versions 2>/dev/null | head -n 1)
  if [ -n "$range" ]; then wish node "$range" .tool-versions && return; fi
  range=$(sed -n 's/^node[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\1/p' mise.toml 2>/dev/null | head -n 1)
  if [ -n "$range" ]; then wish node "$range" mise.toml && return; fi
  wish node "" "nothing"
}
