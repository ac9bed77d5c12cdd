# Sourced at the start of every dyno, after the config vars.
export PATH=$HOME/local/bin:$PATH PERL5LIB=$HOME/local/lib/perl5:$HOME/lib${PERL5LIB:+:$PERL5LIB}
export PLACK_ENV=${PLACK_ENV:-production}
# Workers of Starman.
export WEB_CONCURRENCY=${WEB_CONCURRENCY:-$((${MEMORY_AVAILABLE:-512} / 128))}
