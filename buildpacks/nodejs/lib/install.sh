# The package managers' own commands. `manager` says which; each keeps its downloads below $node_cache.

is_yarn_1() { [ "$manager" = yarn ] && [[ $(yarn --version 2>/dev/null) == 1.* ]]; }

# Where each manager keeps its downloads, so that the next build has them.
set_manager_caches() {
  export npm_config_cache=$node_cache/npm
  export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_progress=false
  export BUN_INSTALL_CACHE_DIR=$node_cache/bun YARN_ENABLE_TELEMETRY=0 YARN_ENABLE_GLOBAL_CACHE=false
  # pnpm and Yarn would fetch another version of themselves: it is here already.
  export YARN_IGNORE_PATH=${YARN_IGNORE_PATH:-0}
  # npm warns of what only pnpm knows.
  if [ "$manager" = pnpm ]; then
    export npm_config_store_dir=$node_cache/pnpm npm_config_manage_package_manager_versions=false
  fi
  if [ -n "${NPM_CONFIG_REGISTRY:-}" ]; then
    export YARN_REGISTRY=$NPM_CONFIG_REGISTRY YARN_NPM_REGISTRY_SERVER=$NPM_CONFIG_REGISTRY
  fi
  [ "$manager" = yarn ] || return 0
  if is_yarn_1 || [ "$(yarn config get nodeLinker 2>/dev/null)" != pnp ]; then
    export YARN_CACHE_FOLDER=$node_cache/yarn
  elif [ -d "$node_cache/yarn-pnp" ] && [ ! -e .yarn/cache ]; then
    # Plug'n'Play runs out of the packed packages: they belong to the slug.
    copy_folder "$node_cache/yarn-pnp" .yarn/cache
  fi
}

save_manager_caches() {
  if [ "$manager" = yarn ] && [ -z "${YARN_CACHE_FOLDER:-}" ] && [ -d .yarn/cache ]; then
    copy_folder .yarn/cache "$node_cache/yarn-pnp"
  fi
}

# With devDependencies, for the build scripts.
install_command() {
  local locked=
  [ -z "$(lock_file)" ] || locked=yes
  case $manager in
    npm)
      # The lock file pins what is taken: no need to ask the registry again.
      if [ -n "$locked" ]; then echo npm ci --include=dev --prefer-offline; else echo npm install --include=dev; fi
      ;;
    yarn)
      if is_yarn_1; then
        echo yarn install ${locked:+--frozen-lockfile} --ignore-engines --prefer-offline --production=false
      else
        echo yarn install ${locked:+--immutable}
      fi
      ;;
    pnpm) echo pnpm install --prod=false "$([ -n "$locked" ] && echo --frozen-lockfile || echo --no-frozen-lockfile)" ;;
    bun) echo bun install ${locked:+--frozen-lockfile} ;;
  esac
}

# Without them, for the slug; no scripts of dependencies run a second time.
prune_command() {
  local locked=
  [ -z "$(lock_file)" ] || locked=yes
  case $manager in
    npm) echo npm prune --omit=dev --ignore-scripts ;;
    yarn)
      if is_yarn_1; then
        echo yarn install ${locked:+--frozen-lockfile} --ignore-engines --ignore-scripts --prefer-offline --production=true
      else
        echo yarn workspaces focus --all --production
      fi
      ;;
    pnpm)
      if [ -f pnpm-workspace.yaml ]; then
        echo pnpm install --prod --ignore-scripts --offline ${locked:+--frozen-lockfile}
      else
        echo pnpm prune --prod --ignore-scripts
      fi
      ;;
    bun) echo bun install --production ${locked:+--frozen-lockfile} ;;
  esac
}

pruning_is_off() {
  [ "$NODE_ENV" != production ] || [ "${NPM_CONFIG_PRODUCTION:-}" = false ] ||
    [ "${YARN_PRODUCTION:-}" = false ] || [ "${YARN2_SKIP_PRUNING:-}" = true ] ||
    [ "${PNPM_SKIP_PRUNING:-}" = true ]
}

prune_dev_dependencies() {
  [ -n "${package[has_dev]}" ] || return 0
  if [ -n "$modules_restored" ] && modules_are_final; then return 0; fi
  if pruning_is_off; then
    step "Keeping devDependencies"
    return
  fi
  step "Pruning devDependencies"
  # Bun only ever adds.
  [ "$manager" != bun ] || rm -rf node_modules
  local command
  read -ra command <<<"$(prune_command)"
  if ! CI=true "${command[@]}" 2>&1 | indent; then
    stop "$manager could not remove the devDependencies; its output is above."
  fi
}
