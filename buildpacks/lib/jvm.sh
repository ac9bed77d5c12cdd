# What the packs of the Java virtual machine share. After output.sh, environment.sh and versions.sh; in the app's root.

# java_wish: a JDK line ("21"), or at least an update of it ("17.0.5"), of whichever vendor.
java_wish() {
  local version where=system.properties
  version=$(sed -n 's/^[[:space:]]*java\.runtime\.version[[:space:]]*[=:][[:space:]]*\([^[:space:]#]*\).*/\1/p' \
    system.properties 2>/dev/null | tail -n 1)
  if [ -z "$version" ]; then
    version=$(first_line .java-version)
    where=.java-version
  fi
  version=${version##*[a-z]-}
  version=${version#[a-z]*-}
  case $version in
    '') wish_of_tools java java || no_wish java ;;
    1.8* | 8 | 8.*) wish java "8.x || 1.8.x" "$where" ;;
    *.*.*) wish java "^$(sed 's/^\([0-9]*\.[0-9]*\.[0-9]*\).*/\1/' <<<"$version")" "$where" ;;
    *) wish java "$version" "$where" ;;
  esac
}

use_java() {
  prefer "${DAVIT_RUNTIME_JAVA:-}"
  command -v javac >/dev/null || stop "This server has no JDK." "Ask its admin for: apt-get install default-jdk-headless"
  JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
  export JAVA_HOME
  # Java does not look at the proxy variables of everybody else.
  JAVA_TOOL_OPTIONS="$(java_proxies)${JAVA_TOOL_OPTIONS:-}"
  export JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS% }"
  [ -n "$JAVA_TOOL_OPTIONS" ] || unset JAVA_TOOL_OPTIONS
  detail "$(java -version 2>&1 | grep -v '^Picked up' | head -n 1)"
}

# explain_wrapper TOOL PROPERTIES DISTS [JAR]: after a build that failed. Stops with the cause where the app's wrapper has not
# even got the tool: it fetches it from where PROPERTIES says into DISTS, with JAR.
explain_wrapper() {
  local tool=$1 properties=$2 dists=$3 jar=${4:-} wrapper=${1}w url name
  if [ -n "$jar" ] && [ ! -f "$jar" ]; then
    stop "The app's $wrapper needs $jar, which is not in the repository." \
      "Commit it (a .gitignore with *.jar keeps it out: git add -f $jar), or remove $wrapper: then this server's $tool builds the app."
  fi
  url=$(sed -n 's/^[[:space:]]*distributionUrl[[:space:]]*[=:][[:space:]]*//p' "$properties" 2>/dev/null | tail -n 1 | tr -d '\\\r') || true
  name=$(basename "${url%.zip}")
  [ -n "$url" ] && [ -z "$(find "$dists" -path "*/${name%-*}*/bin/$tool" -print -quit 2>/dev/null)" ] || return 0
  stop "The app's $wrapper could not fetch ${name%-*} from $(sed 's#//[^/@]*@#//#' <<<"$url")." \
    "If this server may not reach that address, name a mirror as distributionUrl in $properties," \
    "or remove $wrapper: then this server's own $tool builds the app."
}

java_proxies() {
  local scheme variable address
  for scheme in http https; do
    variable=${scheme^^}_PROXY
    address=${!variable:-}
    [[ $address =~ ^https?://([^@/]*@)?([^:/]+):([0-9]+) ]] || continue
    printf -- '-D%s.proxyHost=%s -D%s.proxyPort=%s ' "$scheme" "${BASH_REMATCH[2]}" "$scheme" "${BASH_REMATCH[3]}"
  done
}

# install_java_profile BUILD_DIR PACK_DIR: what the dyno sources at its start, and what the next pack of a chain gets.
install_java_profile() {
  install_memory_profile "$1" "$2/lib/common"
  {
    printf 'export JAVA_HOME=${JAVA_HOME:-%q}\n' "$JAVA_HOME"
    cat "$2/lib/common/profile/jvm.sh"
  } >"$1/.profile.d/jvm.sh"
  printf 'export JAVA_HOME=%q\nexport PATH=$JAVA_HOME/bin:$PATH\n' "$JAVA_HOME" >"$2/export"
}

# jar_command FOLDER FILE...: how to start the only runnable jar of the folder, by the framework that FILE names.
jar_command() {
  local folder=$1 jar found=() option
  shift
  set -- "$@" /dev/null # without a file grep reads the input of the build
  if [ -f "$folder/quarkus-app/quarkus-run.jar" ]; then
    found=("$folder/quarkus-app/quarkus-run.jar")
  else
    for jar in "$folder"/*.jar; do
      case $jar in *-sources.jar | *-javadoc.jar | *-plain.jar | *-tests.jar | */original-*.jar) continue ;; esac
      unzip -p "$jar" META-INF/MANIFEST.MF 2>/dev/null | grep -q '^Main-Class:' && found+=("$jar")
    done
  fi
  [ "${#found[@]}" -eq 1 ] && [[ ${found[0]} =~ ^[A-Za-z0-9_./+-]+$ ]] || return 1
  if grep -qs 'spring-boot\|springframework\.boot' "$@"; then
    option='-Dserver.port=$PORT '
  elif grep -qs quarkus "$@"; then
    option='-Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT '
  elif grep -qs micronaut "$@"; then
    option='-Dmicronaut.server.port=$PORT '
  fi
  echo "java $option\$JAVA_OPTS -jar ${found[0]}"
}

# web_release COMMAND: prints what bin/release has to say.
web_release() {
  if [ -z "$1" ]; then echo '--- {}'; else printf "default_process_types:\n  web: '%s'\n" "$1"; fi
}
