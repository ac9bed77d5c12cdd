# Language level, warnings, sanitizers and the few definitions that every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

set(DAVIT_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined")
option(DAVIT_WERROR "Warnings are errors" OFF)
option(DAVIT_FUZZ "Fuzz targets search with libFuzzer (clang) instead of replaying seeds only" OFF)

find_program(DAVIT_CCACHE ccache)
if(DAVIT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${DAVIT_CCACHE}")
endif()
find_program(DAVIT_MOLD mold)
if(DAVIT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused
  -fstack-protector-strong -fno-omit-frame-pointer)
if(DAVIT_WERROR)
  add_compile_options(-Werror)
endif()
if(DAVIT_SANITIZE)
  add_compile_options(-fsanitize=${DAVIT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DAVIT_SANITIZE})
  if(DAVIT_SANITIZE MATCHES "undefined")
    # A check at every use of a pointer: half of the compile time. The address sanitizer reports a null one anyway.
    add_compile_options(-fno-sanitize=null,alignment,object-size)
  endif()
  if(DAVIT_SANITIZE MATCHES "thread")
    # The thread sanitizer knows no fences; Asio hands its handlers over under a mutex, which it knows.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's own manual: sanitizers make this warning cry wolf, here at every Result<> that a coroutine returns.
    add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  endif()
endif()
if(DAVIT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "DAVIT_FUZZ needs clang, which has libFuzzer: cmake --preset fuzz")
  endif()
  # The code under test, too: the search goes by the branches that it sees taken.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_UNITY_BUILD)
  # They judge one file's private names by those of its neighbours in the batch; builds without batches keep them.
  add_compile_options(-Wno-shadow)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # https://gcc.gnu.org/PR105329, https://gcc.gnu.org/PR105651: g++ 12 takes "text" + std::string for an overlap.
    add_compile_options(-Wno-restrict)
  endif()
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A batch includes its sources, so g++ takes them for headers whose unnamed namespaces leak.
  add_compile_options(-Wno-subobject-linkage)
endif()

# Asio and Beast are instantiated once (base/asio_impl.cpp, server/http/beast_impl.cpp), not in every file:
# they are most of the compile time.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)
