# Django's static files.

collect_static() {
  [ -f manage.py ] && [ -z "${DISABLE_COLLECTSTATIC:-}" ] || return 0
  python -c 'import django' 2>/dev/null || return 0
  # No staticfiles app, no such command.
  python manage.py collectstatic --help >/dev/null 2>&1 || return 0
  step "Collecting static files"
  detail "python manage.py collectstatic --noinput"
  if ! python manage.py collectstatic --noinput --traceback 2>&1 | indent; then
    stop "Django could not collect the static files; its output is above." \
      "It needs the app's settings: set STATIC_ROOT, and the config vars that settings.py reads." \
      "An app without static files does without: davit config:set DISABLE_COLLECTSTATIC=1"
  fi
}
