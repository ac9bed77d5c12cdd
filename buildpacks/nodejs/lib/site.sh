# A single-page app (Vite, Create React App …): a build that leaves files to serve, and nothing to start. Davit's own
# file server serves them.

site_folder() {
  local folder
  [ ! -f server.js ] && [ -z "${package[script_start]}" ] && [ -z "${package[main]}" ] || return 1
  ! grep -q '^web:' Procfile 2>/dev/null || return 1
  for folder in dist build; do
    if [ -f "$folder/index.html" ]; then
      echo "$folder"
      return
    fi
  done
  return 1
}

serve_site() {
  local folder
  folder=$(site_folder) || return 0
  step "Serving $folder as a single-page app"
  mkdir -p .davit/bin
  cp "$pack_dir/lib/davit-static" .davit/bin/davit-static
  chmod 0755 .davit/bin/davit-static
  [ -f static.json ] || printf '{"root": "%s", "routes": {"/**": "index.html"}}\n' "$folder" >.davit/static.json
  echo "$folder" >.davit/site
}
