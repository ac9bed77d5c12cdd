#!/usr/bin/env bash
# heroku-php-nginx [-C NGINX_INCLUDE] [-F FPM_INCLUDE] [-i PHP_INI] [DOCUMENT_ROOT]
# Serves a folder on $PORT: php-fpm behind nginx. Under the name heroku-php-apache2 it is the same: nginx serves, and does
# not read .htaccess; requests for no file go to index.php.
set -eu

include= fpm_include= ini=
while getopts 'C:F:i:l:p:vh' option; do
  case $option in
    C) include=$OPTARG ;;
    F) fpm_include=$OPTARG ;;
    i) ini=$OPTARG ;;
    p) PORT=$OPTARG ;;
    l | v) ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
root=$(cd "$HOME/${1:-}" && pwd)
case ${0##*/} in
  *apache2) [ ! -f "$root/.htaccess" ] || echo "heroku-php-apache2: nginx serves this app; .htaccess is not read" >&2 ;;
esac

run=$(mktemp -d)
workers=${WEB_CONCURRENCY:-$((${MEMORY_AVAILABLE:-512} / 128))}
cat >"$run/fpm.conf" <<END
[global]
error_log = /dev/stderr
daemonize = no
pid = $run/fpm.pid
[www]
listen = $run/fpm.sock
pm = static
pm.max_children = $((workers > 0 ? workers : 1))
clear_env = no
catch_workers_output = yes
decorate_workers_output = no
access.log = /dev/null
${fpm_include:+include = $HOME/$fpm_include}
END
location=
if [ -n "$include" ]; then
  location="include $HOME/$include;"
elif [ -f "$root/index.php" ]; then
  location='location / { index index.php index.html; try_files $uri $uri/ /index.php$is_args$args; }'
else
  location='location / { index index.html; }'
fi
sed -e "s|@RUN@|$run|g" -e "s|@ROOT@|$root|g" -e "s|@PORT@|$PORT|g" "$HOME/.davit/php/nginx.conf" |
  while IFS= read -r line; do
    if [ "$line" = "    @LOCATION@" ]; then printf '    %s\n' "$location"; else printf '%s\n' "$line"; fi
  done >"$run/nginx.conf"

"${DAVIT_PHP_FPM:-php-fpm}" --nodaemonize --fpm-config "$run/fpm.conf" ${ini:+-c "$HOME/$ini"} &
fpm=$!
for ((i = 0; i < 500; i++)); do
  [ ! -S "$run/fpm.sock" ] || break
  sleep 0.02
done
/usr/sbin/nginx -e /dev/stderr -p "$run" -c "$run/nginx.conf" &
nginx=$!
# QUIT is what both call an end without haste. When one is gone, so is the other.
trap 'kill -QUIT $fpm $nginx 2>/dev/null || true' TERM INT
set +e
wait -n "$fpm" "$nginx"
status=$?
kill -QUIT "$fpm" "$nginx" 2>/dev/null
wait "$fpm" "$nginx"
exit "$status"
