# The app's gems, in vendor/bundle. Run in the app's root.

set_bundler() {
  export BUNDLE_DEPLOYMENT=1 BUNDLE_WITHOUT=${BUNDLE_WITHOUT:-development:test}
  export BUNDLE_PATH=vendor/bundle BUNDLE_BIN=vendor/bundle/bin
  export RAILS_ENV=${RAILS_ENV:-production} RACK_ENV=${RACK_ENV:-production}
}

install_gems() {
  [ -f Gemfile.lock ] || stop "There is a Gemfile without a Gemfile.lock." "Run \`bundle install\` and commit Gemfile.lock."
  set_bundler
  [ ! -d "$cache_dir/bundle" ] || step "Restoring the gems of the last build"
  copy_folder "$cache_dir/bundle" vendor/bundle
  local command=(bundle install -j4)
  # Gems that are committed are all that is needed: no registry is asked.
  if compgen -G "vendor/cache/*.gem" >/dev/null; then command+=(--local); fi
  step "Running: ${command[*]}"
  if ! indented "${command[@]}"; then
    stop "Bundler could not install the gems; its output is above." \
      "Are the sources of the Gemfile within reach, is Gemfile.lock that of this Gemfile, and does it name the platform (bundle lock --add-platform $(uname -m)-linux)?"
  fi
  bundle clean >/dev/null
  copy_folder vendor/bundle "$cache_dir/bundle"
}

has_gem() { grep -q "^    $1 (" Gemfile.lock; }

# What the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  # Sessions outlive a push: the secret is made once, and kept.
  [ -s "$cache_dir/secret" ] || head -c 64 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$cache_dir/secret"
  install_memory_profile "$build_dir" "$pack_dir/lib/common"
  {
    printf 'export PATH=$HOME/bin:$HOME/vendor/bundle/bin:%q"$PATH"\n' "$(store_folders "${DAVIT_RUNTIME_RUBY:-}")"
    printf 'export BUNDLE_DEPLOYMENT=1 BUNDLE_PATH=vendor/bundle BUNDLE_BIN=vendor/bundle/bin BUNDLE_WITHOUT=%q\n' \
      "$BUNDLE_WITHOUT"
    printf 'export SECRET_KEY_BASE=${SECRET_KEY_BASE:-%s}\n' "$(cat "$cache_dir/secret")"
    cat "$pack_dir/lib/profile/ruby.sh"
  } >.profile.d/ruby.sh
  printf 'export PATH=%q:$PATH BUNDLE_PATH=%q\n' "$build_dir/vendor/bundle/bin" "$build_dir/vendor/bundle" \
    >"$pack_dir/export"
}
