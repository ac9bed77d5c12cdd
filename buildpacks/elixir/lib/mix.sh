# The steps of a build with mix. Run in the app's root.

restore() {
  local name
  for name; do
    [ -e "$name" ] || copy_folder "$cache_dir/$name" "$name"
  done
}

save() {
  local name
  for name; do
    copy_folder "$name" "${cache_dir:?}/$name"
  done
}

# Hex and rebar are programs that mix fetches; an app whose dependencies are all in its repository needs neither.
fetch_dependencies() {
  if grep -qs ':hex,' mix.lock; then
    attempt mix local.hex --force --if-missing
    attempt mix local.rebar --force --if-missing
  fi
  attempt mix deps.get --only "$MIX_ENV"
}

# Where mix.exs describes releases, one is made: it starts without mix.
make_release() {
  mkdir -p .davit .profile.d
  if grep -q 'releases:' mix.exs; then
    attempt mix release --overwrite
    ls "_build/$MIX_ENV/rel" | head -n 1 >.davit/elixir-release
  elif [ -d "$MIX_HOME" ]; then
    cp -a "$MIX_HOME" .davit/mix
  fi
}

# What the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  # Sessions outlive a push: the secret is made once, and kept.
  [ -s "$cache_dir/secret" ] || head -c 64 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$cache_dir/secret"
  {
    printf 'export PATH=%q"$PATH" MIX_ENV=${MIX_ENV:-%q} MIX_HOME=$HOME/.davit/mix LANG=${LANG:-C.UTF-8}\n' \
      "$(store_folders "${DAVIT_RUNTIME_ELIXIR:-}")" "$MIX_ENV"
    printf 'export PHX_SERVER=${PHX_SERVER:-true} SECRET_KEY_BASE=${SECRET_KEY_BASE:-%s}\n' "$(cat "$cache_dir/secret")"
  } >.profile.d/elixir.sh
  printf 'export MIX_ENV=%q MIX_HOME=%q\n' "$MIX_ENV" "$MIX_HOME" >"$pack_dir/export"
}
