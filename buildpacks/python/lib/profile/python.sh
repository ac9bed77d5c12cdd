# Sourced at the start of every dyno, after the config vars.
export VIRTUAL_ENV=$HOME/.davit/python
export PATH=$VIRTUAL_ENV/bin:$PATH
export LANG=${LANG:-C.UTF-8} PYTHONUNBUFFERED=${PYTHONUNBUFFERED:-1} PYTHONPATH=${PYTHONPATH:-$HOME}
# The router is the only one who connects, and says for whom.
export FORWARDED_ALLOW_IPS=${FORWARDED_ALLOW_IPS:-*}
export GUNICORN_CMD_ARGS=${GUNICORN_CMD_ARGS:---access-logfile -}

# Programs of the environment name their Python by a path below /app. On hosts without namespaces the app lies elsewhere.
if [ "$HOME" != /app ]; then
  sed -i "1s|^#!.*/\.davit/python/bin/|#!$VIRTUAL_ENV/bin/|" $(find "$VIRTUAL_ENV/bin" -type f ! -name '*.so')
fi

# One worker for each 256 MB, and not more than the CPUs can use.
if [ -z "${WEB_CONCURRENCY:-}" ]; then
  WEB_CONCURRENCY=$((${MEMORY_AVAILABLE:-512} / 256))
  davit_most=$(($(nproc) * 2 + 1))
  [ "$WEB_CONCURRENCY" -le "$davit_most" ] || WEB_CONCURRENCY=$davit_most
  [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
  export WEB_CONCURRENCY
  unset davit_most
fi
