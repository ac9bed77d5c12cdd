export RAILS_ENV=${RAILS_ENV:-production} RACK_ENV=${RACK_ENV:-production} LANG=${LANG:-C.UTF-8}
export RAILS_LOG_TO_STDOUT=${RAILS_LOG_TO_STDOUT:-enabled} RAILS_SERVE_STATIC_FILES=${RAILS_SERVE_STATIC_FILES:-enabled}
# glibc's arenas, one for each thread, never give back what Ruby frees.
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2}
# Processes of Puma, each with some threads.
export WEB_CONCURRENCY=${WEB_CONCURRENCY:-$((${MEMORY_AVAILABLE:-512} / 512 > 0 ? ${MEMORY_AVAILABLE:-512} / 512 : 1))}
