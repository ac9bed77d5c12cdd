# Environment of the build and of the app.

# export_config_vars ENV_DIR [NAME...]: config vars reach a build as files. Those that would break the build's own tools
# are left out, and those named.
export_config_vars() {
  local file name value folder=$1
  shift
  [ -d "$folder" ] || return 0
  for file in "$folder"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    case $name in
      PATH | HOME | LANG | BUILD_DIR | GIT_DIR | CPATH | CPPATH | LD_PRELOAD | LIBRARY_PATH | BASH_ENV | IFS) continue ;;
      # Those that bash lets nobody change, and those of the pack itself.
      UID | EUID | PPID | SHELLOPTS | BASHOPTS | BASH_VERSINFO | build_dir | cache_dir | env_dir | pack_dir) continue ;;
    esac
    case " $* " in *" $name "*) continue ;; esac
    # Not $(cat): that would eat newlines at the end.
    IFS= read -r -d '' value <"$file" || true
    export "$name=$value"
  done
}

# store_folders EXECUTABLE...: "FOLDER:" for each that lies in Davit's store; the distribution's are on PATH anyway.
store_folders() {
  local file
  for file; do
    [ -n "$file" ] && [ "${file#/usr/}" = "$file" ] && printf '%s:' "${file%/*}"
  done
  return 0
}

# keep_signature FOLDER TEXT: empties the folder, a part of the cache, when it was made with something else.
keep_signature() {
  if [ "$(cat "$1/signature" 2>/dev/null)" != "$2" ]; then
    rm -rf "$1"
    mkdir -p "$1"
    echo "$2" >"$1/signature"
  fi
}

# copy_folder FROM TO: between the app and its cache. What was at TO goes; no FROM is no error.
copy_folder() {
  rm -rf "${2:?}"
  [ -d "$1" ] || return 0
  mkdir -p "$(dirname "$2")"
  cp -a --reflink=auto "$1" "$2"
}

# install_memory_profile BUILD_DIR COMMON: dynos then have MEMORY_AVAILABLE before the other scripts of .profile.d.
install_memory_profile() {
  mkdir -p "$1/.profile.d"
  cp "$2/profile/memory.sh" "$1/.profile.d/00_memory.sh"
}

# prefer EXECUTABLE: what lies in its folder comes first on PATH. Without Davit's bin/runtimes, PATH decides.
prefer() { [ -z "$1" ] || export PATH=${1%/*}:$PATH; }

# run_hook FILE TITLE...: a script of the app's own, where it has one.
run_hook() {
  [ -f "$1" ] || return 0
  step "Running $1"
  chmod +x "$1"
  indented "./$1" || stop "$1 failed; its output is above."
}
