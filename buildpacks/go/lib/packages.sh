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

# main_packages PATTERN...; what go says on the way, such as what it downloads, goes to descriptor 3.
main_packages() {
  go list -find -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' "$@" 2>&3 | grep .
}

choose_packages() {
  local wanted patterns
  wanted=${GO_INSTALL_PACKAGE_SPEC:-}
  if [ -z "$wanted" ] && [ -f go.mod ]; then
    wanted=$(sed -n 's|^// +heroku install \(.*\)|\1|p' go.mod | head -n 1)
  fi
  if [ -n "$wanted" ]; then
    read -ra packages <<<"${wanted//,/ }"
    return
  fi
  mapfile -t patterns < <(module_patterns)
  step "Looking for programs"
  mapfile -t packages < <(main_packages "${patterns[@]}" 3> >(indent >&2))
  if [ "${#packages[@]}" -eq 0 ]; then
    stop "There is no \"package main\" in this module: nothing to run." \
      "Commit one, or name it: davit config:set GO_INSTALL_PACKAGE_SPEC=./cmd/..."
  fi
}

# programs_of PACKAGE...: the names that their programs have in bin/.
programs_of() {
  go list -find -f '{{if eq .Name "main"}}{{.Target}}{{end}}' "$@" | sed -n 's|.*/||p' | sort -u
}
