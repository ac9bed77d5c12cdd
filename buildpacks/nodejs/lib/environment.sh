# Environment of the build and of the app.

# Config vars reach a build as files. Those that would break the build's own tools are left out.
export_config_vars() {
  local file name value
  [ -d "$1" ] || return 0
  for file in "$1"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    case $name in
      PATH | HOME | LANG | BUILD_DIR | GIT_DIR | CPATH | CPPATH | LD_PRELOAD | LIBRARY_PATH | BASH_ENV | IFS) continue ;;
    esac
    # Not $(cat): that would eat newlines at the end.
    IFS= read -r -d '' value <"$file" || true
    export "$name=$value"
  done
}

set_defaults() {
  export NODE_ENV=${NODE_ENV:-production}
  export NODE_MODULES_CACHE=${NODE_MODULES_CACHE:-true}
  node_cache=$1/node
  check_signature
  set_manager_caches
}

# install_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  local folders path=
  # Runtimes of Davit's store have a folder of their own; the distribution's are on PATH.
  for folders in "$DAVIT_RUNTIME_NODE" "$DAVIT_RUNTIME_YARN" "$DAVIT_RUNTIME_PNPM" "$DAVIT_RUNTIME_BUN"; do
    [ -n "$folders" ] && [ "${folders#/usr/}" = "$folders" ] && path+=${folders%/*}:
  done
  mkdir -p "$1/.profile.d"
  {
    printf 'export PATH=%q"$PATH"\n' "$path"
    cat "$2/lib/profile/nodejs.sh"
  } >"$1/.profile.d/nodejs.sh"
  printf 'export PATH=%q"%s/node_modules/.bin:$PATH"\nexport NODE_ENV=${NODE_ENV:-%q}\n' "$path" "$1" "$NODE_ENV" >"$2/export"
}
