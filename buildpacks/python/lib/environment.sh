# Environment of the build and of the app.

# Config vars reach a build as files. Those that would break the build's own tools are left out.
export_config_vars() {
  local file name value
  [ -d "$1" ] || return 0
  for file in "$1"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    case $name in
      PATH | HOME | LANG | BUILD_DIR | GIT_DIR | CPATH | CPPATH | LD_PRELOAD | LIBRARY_PATH | BASH_ENV | IFS) continue ;;
      PYTHONHOME | PYTHONPATH | VIRTUAL_ENV) continue ;;
    esac
    # Not $(cat): that would eat newlines at the end.
    IFS= read -r -d '' value <"$file" || true
    export "$name=$value"
  done
}

python_version() { "$DAVIT_RUNTIME_PYTHON" -c 'import platform; print(platform.python_version())'; }

# install_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_profile() {
  mkdir -p "$1/.profile.d"
  cp "$2/lib/profile/python.sh" "$1/.profile.d/python.sh"
  printf 'export PATH="%s/bin:$PATH" VIRTUAL_ENV="%s"\n' "$venv" "$venv" >"$2/export"
}
