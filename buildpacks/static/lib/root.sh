# Which folder of the app is served. Run in the app's root.

# "root" of static.json, else `root: folder` of Staticfile; empty when neither says.
site_root_name() {
  local name=
  if [ -f static.json ]; then
    name=$(sed -n 's/.*"root"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' static.json | head -n 1)
  fi
  if [ -z "$name" ] && [ -f Staticfile ]; then
    name=$(sed -n 's/^root:[[:space:]]*\([^[:space:]].*\)$/\1/p' Staticfile | head -n 1)
  fi
  # Below the app only.
  case "/$name/" in */../*) name= ;; esac
  name=${name#/}
  printf '%s' "${name%/}"
}

# Prints the folder; fails when it is named and not there.
site_root() {
  local name
  name=$(site_root_name)
  if [ -n "$name" ]; then
    [ -d "$name" ] || return 1
    printf '%s' "$name"
    return
  fi
  for name in public public_html dist build _site; do
    if [ -f "$name/index.html" ]; then
      printf '%s' "$name"
      return
    fi
  done
  if [ ! -f index.html ] && [ -d public ]; then printf 'public'; else printf '.'; fi
}
