# Leiningen and the command line of Clojure. Run in the app's root.

# An uberjar, where project.clj names one or the config var says so; else the classes, which lein runs.
build_with_lein() {
  local lein=lein task
  if [ -f bin/lein ]; then
    chmod +x bin/lein
    lein=bin/lein
  elif ! command -v lein >/dev/null; then
    stop "This server has no Leiningen." "Commit it as bin/lein, or ask the admin for: apt-get install leiningen"
  fi
  # Leiningen's repository is a setting of the user's, and not of a project's.
  export LEIN_HOME=$cache_dir/lein LEIN_ROOT=1 LEIN_NO_DEV=yes LEIN_SNAPSHOTS_IN_RELEASE=yes
  mkdir -p "$LEIN_HOME"
  printf '{:user {:local-repo "%s"}}\n' "$cache_dir/repository" >"$LEIN_HOME/profiles.clj"
  task=${LEIN_BUILD_TASK:-}
  if [ -z "$task" ]; then
    if grep -q ':uberjar-name' project.clj; then task=uberjar; else task="with-profile production compile :all"; fi
  fi
  read -ra task <<<"$task"
  attempt "$lein" "${task[@]}"
}

# deps.edn says nothing of a build: the alias :build is what its guide calls it.
build_with_deps() {
  local command
  command -v clojure >/dev/null ||
    stop "This server has no \`clojure\` command." "Use Leiningen (project.clj), or ask the admin to install the Clojure tools."
  # Debian's package of that name is the language without the command line.
  [ -n "${CLOJURE_CLI_BUILD_CMD:-}" ] || clojure -Sdescribe >/dev/null 2>&1 ||
    stop "The \`clojure\` of this server is not the Clojure CLI, which builds apps with deps.edn." \
      "Use Leiningen (project.clj), or ask the admin to install the Clojure tools."
  export CLJ_CONFIG=$cache_dir/config GITLIBS=$cache_dir/gitlibs
  mkdir -p "$CLJ_CONFIG"
  printf '{:mvn/local-repo "%s"}\n' "$cache_dir/repository" >"$CLJ_CONFIG/deps.edn"
  read -ra command <<<"${CLOJURE_CLI_BUILD_CMD:-clojure -T:build uber}"
  attempt "${command[@]}"
}
