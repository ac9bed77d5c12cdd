# Which packages are built. Run in the app's root.

packages=()

# Folders of the modules: one, or those of go.work.
module_patterns() {
  if [ -f go.work ]; then
    go work edit -json | jq -r '.Use[].DiskPath' | sed -e 's|/*$|/...|' -e 's|^\([^./]\)|./\1|'
  else
    echo ./...
  fi
}

# main_packages FILE PATTERN...: into the file, a line each; what go says on the way, such as what it downloads or what
# is wrong with go.mod, is shown.
main_packages() {
  local file=$1
  shift
  go list -find -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' "$@" 2>&1 >"$file" | indent
}

choose_packages() {
  local wanted patterns found
  wanted=${GO_INSTALL_PACKAGE_SPEC:-}
  if [ -z "$wanted" ] && [ -f go.mod ]; then
    wanted=$(sed -n 's|^// +heroku install \(.*\)|\1|p' go.mod | head -n 1)
  fi
  if [ -n "$wanted" ]; then
    read -ra packages <<<"${wanted//,/ }"
    return
  fi
  found=$(mktemp)
  module_patterns >"$found" || stop "go.work cannot be read: \`go work edit -json\` says why."
  mapfile -t patterns <"$found"
  step "Looking for programs"
  main_packages "$found" "${patterns[@]}" || stop "\`go list\` failed; its output is above." \
    "Does \`go build ./...\` succeed for you, with go.mod and go.sum as they are committed?"
  mapfile -t packages < <(sed '/^$/d' "$found")
  rm -f "$found"
  if [ "${#packages[@]}" -eq 0 ]; then
    stop "There is no \"package main\" in this module: nothing to run." \
      "Commit one, or name it: davit config:set GO_INSTALL_PACKAGE_SPEC=./cmd/..."
  fi
}

# programs_of PACKAGE...: the names that their programs have in bin/.
programs_of() {
  go list -find -f '{{if eq .Name "main"}}{{.Target}}{{end}}' "$@" | sed -n 's|.*/||p' | sort -u
}
