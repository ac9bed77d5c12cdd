# Sourced at the start of every dyno, after the config vars and 00_memory.sh.
export PATH=$JAVA_HOME/bin:$PATH
# The heap is not all that a virtual machine needs: the smaller the dyno, the larger the share of the rest.
davit_heap=$((${MEMORY_AVAILABLE:-512} * 3 / 5))
[ "${MEMORY_AVAILABLE:-512}" -le 1024 ] || davit_heap=$((MEMORY_AVAILABLE * 4 / 5))
davit_java="-Xmx${davit_heap}m -Dfile.encoding=UTF-8"
[ "${MEMORY_AVAILABLE:-512}" -gt 1024 ] || davit_java="$davit_java -Xss512k"
# The last one named wins: what the config var says.
export JAVA_TOOL_OPTIONS="$davit_java${JAVA_TOOL_OPTIONS:+ $JAVA_TOOL_OPTIONS}"
export JAVA_OPTS=${JAVA_OPTS:-}
unset davit_heap davit_java
