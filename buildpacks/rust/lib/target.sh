# cargo's target folder, kept in the cache. Run in the app's root.

target_kilobytes_max=$((2 * 1024 * 1024))

metadata() { cargo metadata --no-deps --format-version 1 --offline 2>/dev/null; }

# cargo never removes anything: without this, every build would leave its programs in the cache for ever.
forget_the_app() {
  local target=$CARGO_TARGET_DIR name names
  [ -d "$target" ] || return 0
  if [ "$(du -sk "$target" | cut -f 1)" -gt "$target_kilobytes_max" ]; then
    detail "The cache has more than 2 GB: starting anew"
    rm -rf "$target"
    return
  fi
  mapfile -t names < <(metadata | jq -r '[.packages[] | .name, .targets[].name] | unique | .[]')
  for name in "${names[@]}"; do
    [ -n "$name" ] || continue
    find "$target/release" -maxdepth 2 \( -name "$name-[0-9a-f]*" -o -name "${name//-/_}-[0-9a-f]*" \
      -o -name "lib${name//-/_}-[0-9a-f]*" \) -prune -exec rm -rf {} +
  done
}

# The programs alone: what is compiled on the way is a hundred times their size.
take_programs() {
  local name
  mkdir -p target/release .davit .profile.d
  metadata | jq -r '[.packages[].targets[] | select(.kind | index("bin")) | .name] | unique | .[]' |
    while IFS= read -r name; do
      [ -f "$CARGO_TARGET_DIR/release/$name" ] || continue
      cp "$CARGO_TARGET_DIR/release/$name" target/release/
      echo "$name"
    done >.davit/rust-programs
  if [ ! -s .davit/rust-programs ]; then
    stop "cargo built no program: Cargo.toml has libraries only." "Commit src/main.rs, or a [[bin]] in Cargo.toml."
  fi
  detail "Programs: $(paste -sd ' ' .davit/rust-programs)"
}
