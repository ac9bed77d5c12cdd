# Which task builds the app. Run in its root.

build_files() { find . -maxdepth 2 \( -name 'build.gradle' -o -name 'build.gradle.kts' \) | sort; }

# `stage`, where the app has such a task; else what its framework calls the whole.
default_task() {
  local files
  mapfile -t files < <(build_files)
  if grep -Eqs "task[ (]+['\"]?stage\b|tasks\.(register|create)[^'\"]*['\"]stage['\"]" "${files[@]}"; then
    echo stage
  elif grep -qs 'io\.ratpack' "${files[@]}"; then
    echo "installDist -x check"
  elif grep -qs 'micronaut' "${files[@]}" && grep -qs shadow "${files[@]}"; then
    echo "shadowJar -x check"
  else
    echo "build -x check"
  fi
}
