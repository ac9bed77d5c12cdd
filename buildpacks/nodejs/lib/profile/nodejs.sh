# Sourced at the start of every dyno, after the config vars.
export PATH="$HOME/bin:$HOME/node_modules/.bin:$PATH"
export NODE_ENV=${NODE_ENV:-production}

# What apps written for OpenShift listen on.
if [ -n "${PORT:-}" ]; then
  export OPENSHIFT_NODEJS_IP=${OPENSHIFT_NODEJS_IP:-0.0.0.0} OPENSHIFT_NODEJS_PORT=$PORT
fi

export WEB_MEMORY=${WEB_MEMORY:-512}
if [ -z "${WEB_CONCURRENCY:-}" ]; then
  WEB_CONCURRENCY=$((${MEMORY_AVAILABLE:-512} / WEB_MEMORY))
  [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
  export WEB_CONCURRENCY
fi
