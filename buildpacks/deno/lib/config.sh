# What deno.json says. It may have comments, which jq does not read.

deno_json() {
  local file
  for file in deno.json deno.jsonc; do
    [ ! -f "$file" ] || { sed 's|^[[:space:]]*//.*||' "$file"; return; }
  done
  echo '{}'
}

has_task() { [ -n "$(deno_json | jq -r ".tasks?[\"$1\"]? // empty | tostring" 2>/dev/null)" ]; }

# The file that is run where there is no task "start".
entry_point() {
  local name
  for name in main.ts main.tsx main.js server.ts mod.ts index.ts; do
    [ ! -f "$name" ] || { echo "$name"; return; }
  done
}
