# cmake -DOUTPUT=file.cpp -DFOLDER=migrations -DNAME=released_migrations -P embed_migrations.cmake
# Turns migrations/NNNN_name.sql into a table of string literals, so that a davitd carries its schema with it.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(entries "")
set(expected 1)
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
    message(FATAL_ERROR "migration '${file}' is not named NNNN_words.sql")
  endif()
  math(EXPR number "1${CMAKE_MATCH_1} - 10000")
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "migration '${file}' comes where number ${expected} is expected")
  endif()
  math(EXPR expected "${expected} + 1")
  file(READ "${file}" sql)
  string(APPEND entries "    {${number}, \"${name}\", R\"davit_sql(${sql})davit_sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made from store/migrations/*.sql by embed_migrations.cmake.
#include \"store/migrations.hpp\"

namespace davit::store {
namespace {
constexpr Migration ${NAME}_all[] = {
${entries}};
}  // namespace

std::span<const Migration> ${NAME}() { return ${NAME}_all; }

}  // namespace davit::store
")
