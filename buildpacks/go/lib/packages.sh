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

# main_packages PATTERN...
main_packages() {
  go list -find -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' "$@" 2>"$go_problem" || return 1
}

choose_packages() {
  local wanted patterns
  go_problem=$(mktemp)
  wanted=${GO_INSTALL_PACKAGE_SPEC:-}
  if [ -z "$wanted" ] && [ -f go.mod ]; then
    wanted=$(sed -n 's|^// +heroku install \(.*\)|\1|p' go.mod | head -n 1)
  fi
  if [ -n "$wanted" ]; then
    read -ra packages <<<"${wanted//,/ }"
    return
  fi
  mapfile -t patterns < <(module_patterns)
  mapfile -t packages < <(main_packages "${patterns[@]}")
  if [ "${#packages[@]}" -eq 0 ]; then
    indent <"$go_problem"
    stop "There is no \"package main\" in this module: nothing to run." \
      "Commit one, or name it: davit config:set GO_INSTALL_PACKAGE_SPEC=./cmd/..."
  fi
}

# programs_of PACKAGE...: the names that their programs have in bin/.
programs_of() {
  go list -find -f '{{if eq .Name "main"}}{{.Target}}{{end}}' "$@" | sed -n 's|.*/||p' | sort -u
}
