# The builds of the C and C++ world. Run in the app's root.

# need COMMAND PACKAGE
need() {
  command -v "$1" >/dev/null ||
    stop "This server has no $1." "Ask its admin for: apt-get install $2"
}

start() {
  mkdir -p .davit
  touch .davit/started
  command -v ccache >/dev/null || return 0
  export CCACHE_DIR=$cache_dir/ccache CCACHE_BASEDIR=$build_dir CCACHE_MAXSIZE=500M CCACHE_NOHASHDIR=1
  ccache --zero-stats >/dev/null
}

build_with_the_first_of() {
  local file
  for file; do
    [ -f "$file" ] || continue
    case $file in
      CMakeLists.txt)
        need cmake cmake
        local options=(-DCMAKE_BUILD_TYPE=Release)
        [ -z "${CCACHE_DIR:-}" ] || options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
        rm -rf build
        attempt cmake -B build "${options[@]}"
        attempt cmake --build build -j2
        ;;
      meson.build)
        need meson meson
        rm -rf build
        attempt meson setup build --buildtype=release
        attempt meson compile -C build -j 2
        ;;
      Makefile)
        need make make
        local tools=()
        [ -z "${CCACHE_DIR:-}" ] || tools=(CC="ccache cc" CXX="ccache c++")
        attempt make -j2 "${tools[@]}"
        ;;
    esac
    break
  done
  if [ -n "${CCACHE_DIR:-}" ]; then
    detail "$(ccache --print-stats | awk '/^(direct|preprocessed)_cache_hit/ { hit += $2 } /^cache_miss/ { miss = $2 }
      END { printf "ccache: %d of %d objects were compiled by an earlier build", hit, hit + miss }')"
  fi
}

# Executables that the build made, by their path from the app's root. CMake and Meson have some of their own.
find_programs() {
  local place=build file
  [ -d build ] || place=.
  while IFS= read -r file; do
    case $file in *.so | *.so.* | */CMakeFiles/* | */meson-*) continue ;; esac
    if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then echo "${file#./}"; fi
  done < <(find "$place" -type f -perm -u+x -newer .davit/started) | sort
}
