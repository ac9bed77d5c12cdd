# Environment of the build and of the app.

set_defaults() {
  export NODE_ENV=${NODE_ENV:-production}
  export NODE_MODULES_CACHE=${NODE_MODULES_CACHE:-true}
  node_cache=$1/node
  check_signature
  set_manager_caches
}

# install_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  local path
  path=$(store_folders "$DAVIT_RUNTIME_NODE" "$DAVIT_RUNTIME_YARN" "$DAVIT_RUNTIME_PNPM" "$DAVIT_RUNTIME_BUN")
  install_memory_profile "$1" "$2/lib/common"
  {
    printf 'export PATH=%q"$PATH"\n' "$path"
    cat "$2/lib/profile/nodejs.sh"
  } >"$1/.profile.d/nodejs.sh"
  printf 'export PATH=%q"%s/node_modules/.bin:$PATH"\nexport NODE_ENV=${NODE_ENV:-%q}\n' "$path" "$1" "$NODE_ENV" >"$2/export"
}
