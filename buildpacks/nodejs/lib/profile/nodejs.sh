# Sourced at the start of every dyno, after the config vars.
export PATH="$HOME/bin:$HOME/node_modules/.bin:$PATH"
export NODE_ENV=${NODE_ENV:-production}

# What apps written for OpenShift listen on.
if [ -n "${PORT:-}" ]; then
  export OPENSHIFT_NODEJS_IP=${OPENSHIFT_NODEJS_IP:-0.0.0.0} OPENSHIFT_NODEJS_PORT=$PORT
fi

# Megabytes that this dyno may use; the vendor's smallest dyno where no limit is to be seen.
davit_memory_available() {
  local file bytes
  for file in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; do
    bytes=$(cat "$file" 2>/dev/null) || continue
    case $bytes in '' | *[!0-9]*) continue ;; esac
    # cgroup v1 writes "no limit" as a number near 2^63.
    [ "${#bytes}" -lt 15 ] || continue
    echo $((bytes / 1048576))
    return
  done
  echo 512
}

export MEMORY_AVAILABLE=${MEMORY_AVAILABLE:-$(davit_memory_available)}
export WEB_MEMORY=${WEB_MEMORY:-512}
if [ -z "${WEB_CONCURRENCY:-}" ]; then
  WEB_CONCURRENCY=$((MEMORY_AVAILABLE / WEB_MEMORY))
  [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
  export WEB_CONCURRENCY
fi
unset -f davit_memory_available
