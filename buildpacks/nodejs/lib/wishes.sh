# Which Node.js the app asks for. Run in the app's root; needs jq, because there is no Node.js yet.

check_package_json() {
  local problem
  if ! problem=$(jq -e 'type == "object"' package.json 2>&1 >/dev/null); then
    stop "package.json cannot be read: ${problem:-it is no object}" "Correct it and push again."
  fi
}

# field FILTER: a text of package.json, in one line.
field() { jq -r "($1)? | strings" package.json | tr -d '\r\n#' | head -c 500; }

node_wish() {
  local range
  range=$(field .engines.node)
  if [ -n "$range" ]; then wish node "$range" "engines.node in package.json" && return; fi
  wish_of_file node .nvmrc || wish_of_file node .node-version || wish_of_tools node nodejs node || no_wish node
}
