# Which version an app asks for, for bin/runtimes. Run in the app's root.

# wish LANGUAGE RANGE WHERE: one line of bin/runtimes.
wish() { printf '%s %s # %s\n' "$1" "$(tr -d '\r\n#' <<<"$2")" "$3"; }

# The first line of a file that says something.
first_line() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" 2>/dev/null | head -n 1 | tr -d '[:space:]'; }

# quoted FILE KEY: the text in quotes behind KEY =
quoted() {
  sed -n "s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" "$1" 2>/dev/null | head -n 1
}

# wish_of_file LANGUAGE FILE [PREFIX]: from a file that holds a version and nothing else; fails when it does not.
wish_of_file() {
  local range
  range=$(first_line "$2")
  [ -n "$range" ] && wish "$1" "${range#"${3:-}"}" "$2"
}

# wish_of_tools LANGUAGE NAME...: from the files that list the versions of many tools; fails when none is there.
wish_of_tools() {
  local language=$1 name range
  shift
  for name; do
    range=$(sed -n "s/^$name[[:space:]]\{1,\}\([^[:space:]#]*\).*/\1/p" .tool-versions 2>/dev/null | head -n 1)
    if [ -n "$range" ]; then wish "$language" "$range" .tool-versions && return; fi
  done
  for name; do
    range=$(quoted mise.toml "$name")
    if [ -n "$range" ]; then wish "$language" "$range" mise.toml && return; fi
  done
  return 1
}

# no_wish LANGUAGE: any will do.
no_wish() { wish "$1" "" nothing; }
