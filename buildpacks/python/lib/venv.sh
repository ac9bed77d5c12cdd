# The virtual environment: <app>/.davit/python. Its programs name their Python by path, so it is made under the name that
# it has in a dyno, /app/.davit/python ($HOME), which for the time of the build is a link to the real one.

venv=$HOME/.davit/python

# On hosts without namespaces each build has folders of its own, and what names them by path is not moved in time.
paths_change() { [ "$HOME" != /app ]; }

signature() { echo "1; $STACK; $DAVIT_RUNTIME_PYTHON; $(python_version); $manager; $(manager_key)"; }

make_venv() {
  mkdir -p .davit
  rm -rf .davit/python
  ln -nsf "$build_dir/.davit" "$HOME/.davit"
  if [ -d "$cache_dir/venv" ] && [ "$(cat "$cache_dir/signature" 2>/dev/null)" = "$(signature)" ]; then
    step "Restoring the environment of the last build"
    cp -a --reflink=auto "$cache_dir/venv" .davit/python
    replace_paths "$(cat "$cache_dir/build_dir")" "$build_dir"
    if paths_change; then
      find .davit/python/bin -type f -exec sed -i "1s|^#!.*/\.davit/python/bin/|#!$venv/bin/|" {} +
    fi
    return
  fi
  # Also the tools: they were made for another Python.
  rm -rf "$cache_dir"
  mkdir -p "$cache_dir" .davit/python
  step "Making an environment for Python $(python_version)"
  run "$DAVIT_RUNTIME_PYTHON" -m venv "$venv"
}

keep_venv() {
  rm -rf "$cache_dir/venv"
  # Hard links: from here on its files are replaced, and not written into.
  cp -al .davit/python "$cache_dir/venv" 2>/dev/null || {
    rm -rf "$cache_dir/venv"
    cp -a --reflink=auto .davit/python "$cache_dir/venv"
  }
  signature >"$cache_dir/signature"
  echo "$build_dir" >"$cache_dir/build_dir"
}

# replace_paths OLD NEW: packages that are installed where they lie name the app's folder.
replace_paths() {
  local file
  while IFS= read -r -d '' file; do
    sed -i "s|$1|$2|g" "$file"
  done < <(find .davit/python/lib -maxdepth 3 \( -name '*.pth' -o -name '__editable__*' \) -type f -print0)
}

fix_paths() { replace_paths "$build_dir" "$HOME"; }
