# Assets of Rails, and of whatever has the task assets:precompile. Run in the app's root, after gems.sh.

asset_folders=(tmp/cache/assets public/assets)

has_assets_task() {
  [ -f Rakefile ] && has_gem rake && bundle exec rake -P 2>/dev/null | grep -q '^rake assets:precompile$'
}

compile_assets() {
  local folder
  has_assets_task || return 0
  if compgen -G "public/assets/manifest-*.json" >/dev/null || compgen -G "public/assets/.sprockets-manifest-*.json" >/dev/null; then
    detail "Assets are committed: nothing to compile"
    return
  fi
  for folder in "${asset_folders[@]}"; do
    [ -d "$cache_dir/$folder" ] || continue
    mkdir -p "$(dirname "$folder")"
    cp -a --reflink=auto "$cache_dir/$folder" "$(dirname "$folder")/"
  done
  step "Running: rake assets:precompile"
  if ! SECRET_KEY_BASE=${SECRET_KEY_BASE:-of-the-build} indented bundle exec rake assets:precompile; then
    stop "rake assets:precompile failed; its output is above." \
      "Config vars are there in builds; the database mostly is not: config.assets.initialize_on_precompile = false"
  fi
  for folder in "${asset_folders[@]}"; do
    [ ! -d "$folder" ] || copy_folder "$folder" "${cache_dir:?}/$folder"
  done
  rm -rf tmp/cache/assets
}
