# What build tools keep from one build to the next: the folders that package.json names as cacheDirectories, or where the
# well-known ones of frameworks are. node_modules is no matter of theirs: see modules.sh.
#
# Cache:  node/build/FOLDER

cached_folders() {
  if [ -n "${package[cache_folders]}" ]; then
    tr '\t' '\n' <<<"${package[cache_folders]}"
  else
    printf '%s\n' .next/cache .angular/cache
  fi
}

# Before the build script. What the repository has itself stays.
restore_build_caches() {
  local folder
  [ "$NODE_MODULES_CACHE" = true ] || return 0
  while IFS= read -r folder; do
    [ -d "$node_cache/build/$folder" ] && [ ! -e "$folder" ] || continue
    detail "Restoring $folder"
    mkdir -p "$(dirname "$folder")"
    cp -a --reflink=auto "$node_cache/build/$folder" "$folder"
  done < <(cached_folders)
}

# After it. A folder that has gone from the list goes from the cache.
save_build_caches() {
  local folder
  rm -rf "$node_cache/build"
  if [ "$NODE_MODULES_CACHE" = true ]; then
    while IFS= read -r folder; do
      [ -d "$folder" ] || continue
      detail "Caching $folder"
      mkdir -p "$(dirname "$node_cache/build/$folder")"
      cp -a --reflink=auto "$folder" "$node_cache/build/$folder"
    done < <(cached_folders)
  fi
  # Of no use to a server that runs, and often the largest part of a slug. What Next.js fetched for its pages is.
  rm -rf .angular/cache .next/cache/{webpack,turbopack,swc,eslint}
}
