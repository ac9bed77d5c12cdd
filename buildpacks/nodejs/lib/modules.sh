# node_modules: installed by npm, or taken from the last successful build when nothing that it was made from changed.
#
# Cache:  node/npm            npm's own cache of packages
#         node/modules.key    what node/modules was made from
#         node/modules        node_modules as after `npm ci`, or, where the app has no build script, as in the slug

modules_restored=

# Only an app without build scripts ends with the node_modules that pruning left.
modules_are_final() {
  local name
  for name in heroku-postbuild build heroku-cleanup; do
    [ -z "${package[script_$name]}" ] || return 1
  done
}

modules_key() {
  {
    echo "1 $STACK ${package[node]} ${package[arch]} ${package[npm]} $manager $NODE_ENV ${NPM_CONFIG_PRODUCTION:-}"
    modules_are_final && echo final
    cat package.json package-lock.json
    [ ! -f .npmrc ] || cat .npmrc
    # Install scripts of dependencies see the config vars.
    find "$env_dir" -type f -print0 2>/dev/null | sort -z | xargs -0r sha256sum
  } | sha256sum | cut -d ' ' -f 1
}

# A cache of another Node.js or npm is not used.
check_signature() {
  local signature="$STACK; ${package[node]}; ${package[arch]}; ${package[npm]}; $manager $("$manager" --version 2>/dev/null)"
  if [ "$(cat "$node_cache/signature" 2>/dev/null)" != "$signature" ]; then
    rm -rf "$node_cache"
    mkdir -p "$node_cache"
    echo "$signature" >"$node_cache/signature"
  fi
}

restore_or_install() {
  if [ "$NODE_MODULES_CACHE" = true ] && can_reuse_modules && [ ! -e node_modules ] &&
    [ -d "$node_cache/modules" ] && [ "$(cat "$node_cache/modules.key" 2>/dev/null)" = "$(modules_key)" ]; then
    step "Restoring node_modules"
    detail "package.json and package-lock.json are those of the last build"
    copy_modules "$node_cache/modules" node_modules
    modules_restored=yes
    return
  fi
  install_modules
}

# Hard links where nothing writes into them later; a build script may.
copy_modules() {
  if modules_are_final && cp -al "$1" "$2" 2>/dev/null; then return; fi
  rm -rf "$2"
  cp -a --reflink=auto "$1" "$2"
}

# npm's alone: the others are fast from their own caches.
can_reuse_modules() { [ "$manager" = npm ] && [ -n "${package[reusable]}" ]; }

install_modules() {
  local command
  if [ -e node_modules ]; then
    warn "node_modules is committed to git. It is installed anew: \`git rm -r --cached node_modules\`" \
      "and name it in .gitignore."
  fi
  if [ -z "$(lock_file)" ]; then
    warn "No lock file: each build may get other versions. Commit package-lock.json, or that of your manager."
  fi
  run_app_script "heroku-prebuild"
  step "Installing dependencies"
  read -ra command <<<"$(install_command)"
  detail "Installing node modules (${command[*]:0:2})"
  if ! "${command[@]}" 2>&1 | indent; then
    stop "$manager could not install the dependencies; its output is above."
  fi
  save_manager_caches
  # Before a build script changes it.
  if ! modules_are_final; then store_modules; fi
}

store_modules() {
  rm -rf "$node_cache/modules" "$node_cache/modules.key"
  can_reuse_modules && [ -d node_modules ] || return 0
  copy_modules node_modules "$node_cache/modules"
  modules_key >"$node_cache/modules.key"
}

save_modules() {
  if [ -z "$modules_restored" ] && modules_are_final; then
    step "Caching node_modules"
    store_modules
  fi
}
