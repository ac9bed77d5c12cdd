# Sourced at the start of every dyno, first: MEMORY_AVAILABLE, the megabytes that this dyno may use; the vendor's
# smallest dyno where no limit is to be seen.
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
unset -f davit_memory_available
