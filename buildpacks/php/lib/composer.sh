# Packages, extensions and servers of a PHP app. Run in its root.

find_servers() {
  local line
  line=$("$php" -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
  for fpm in "${php%/bin/*}/sbin/php-fpm$line" "${php%/bin/*}/sbin/php-fpm" ''; do
    [ ! -x "$fpm" ] || break
  done
  [ -n "$fpm" ] || stop "This server has no php-fpm for PHP $line." "Ask its admin for: apt-get install php$line-fpm"
  [ -x /usr/sbin/nginx ] || stop "This server has no nginx." "Ask its admin for: apt-get install nginx-light"
}

check_extensions() {
  local missing
  [ -f composer.json ] || return 0
  missing=$(comm -23 <(jq -r '.require // {} | keys[] | select(startswith("ext-")) | ltrimstr("ext-")' composer.json | sort) \
    <("$php" -m | tr '[:upper:] ' '[:lower:]-' | sort) | paste -sd ' ')
  [ -z "$missing" ] ||
    stop "composer.json asks for extensions that this server's PHP does not have: $missing." \
      "Ask its admin for: apt-get install php-${missing// / php-}"
}

install_packages() {
  [ -f composer.json ] || return 0
  if [ -n "$(jq -r '.require // {} | keys[] | select(. != "php" and (startswith("ext-") | not))' composer.json)" ] &&
    [ ! -f composer.lock ]; then
    stop "There is a composer.json without a composer.lock." "Run \`composer update\` and commit composer.lock."
  fi
  command -v composer >/dev/null || stop "This server has no Composer." "Ask its admin for: apt-get install composer"
  export COMPOSER_HOME=$cache_dir/home COMPOSER_CACHE_DIR=$cache_dir/packages COMPOSER_ALLOW_SUPERUSER=1
  step "Installing dependencies"
  indented composer install --no-dev --prefer-dist --optimize-autoloader --no-progress --no-interaction --no-ansi ||
    stop "Composer could not install the packages; its output is above."
  if [ -n "$(jq -r '.scripts.compile? // empty | tostring' composer.json)" ]; then
    step "Running: composer compile"
    indented composer --no-interaction --no-ansi run-script compile ||
      stop "The script \"compile\" of composer.json failed; its output is above."
  fi
}

# heroku-php-nginx and heroku-php-apache2, on PATH and where Procfiles look for them.
install_servers() {
  local name bin
  mkdir -p .davit/bin .davit/php .profile.d
  cp "$pack_dir/lib/serve.sh" .davit/bin/heroku-php-nginx
  chmod 0755 .davit/bin/heroku-php-nginx
  ln -sfn heroku-php-nginx .davit/bin/heroku-php-apache2
  cp "$pack_dir/lib/nginx.conf" .davit/php/
  bin=$(jq -r '.config["bin-dir"]? // ((.config["vendor-dir"]? // "vendor") + "/bin")' composer.json 2>/dev/null || echo vendor/bin)
  if [[ $bin =~ ^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$ ]]; then
    mkdir -p "$bin"
    for name in heroku-php-nginx heroku-php-apache2; do
      cp -P .davit/bin/heroku-php-nginx "$bin/$name"
    done
  fi
  install_memory_profile "$build_dir" "$pack_dir/lib/common"
  {
    printf 'export PATH=$HOME/.davit/bin:%q"$PATH" DAVIT_PHP_FPM=%q\n' "$(store_folders "${DAVIT_RUNTIME_PHP:-}")" "$fpm"
    echo 'export PATH=$HOME/vendor/bin:$PATH'
  } >.profile.d/php.sh
  printf 'export PATH=%q:$PATH\n' "$build_dir/vendor/bin" >"$pack_dir/export"
}
