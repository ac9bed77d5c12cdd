# Environment of the build and of the app.

python_version() { "$DAVIT_RUNTIME_PYTHON" -c 'import platform; print(platform.python_version())'; }

# install_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  install_memory_profile "$1" "$2/lib/common"
  cp "$2/lib/profile/python.sh" "$1/.profile.d/python.sh"
  printf 'export PATH="%s/bin:$PATH" VIRTUAL_ENV="%s"\n' "$venv" "$venv" >"$2/export"
}
