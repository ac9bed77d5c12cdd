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

set_npm_defaults() {
  export NODE_ENV=${NODE_ENV:-production}
  export NODE_MODULES_CACHE=${NODE_MODULES_CACHE:-true}
  node_cache=$1/node
  mkdir -p "$node_cache"
  export npm_config_cache=$node_cache/npm
  export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_progress=false
}

# install_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  mkdir -p "$1/.profile.d"
  cp "$2/lib/profile/nodejs.sh" "$1/.profile.d/nodejs.sh"
  printf 'export PATH="%s/node_modules/.bin:$PATH"\nexport NODE_ENV=${NODE_ENV:-%q}\n' "$1" "$NODE_ENV" >"$2/export"
}
