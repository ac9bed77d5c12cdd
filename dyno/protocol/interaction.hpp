#pragma once
#include <nlohmann/json_fwd.hpp>

#include "base/run_stream.hpp"
#include "dyno/protocol/fields.hpp"

namespace davit::dyno {

// The members "terminal", "columns" and "rows" of a spec's interaction or an exec command.
inline void read_interaction(Fields& fields, run_stream::Interaction& into) {
  fields.flag("terminal", into.terminal)
      .number("columns", into.window.columns)
      .number("rows", into.window.rows);
}
inline void put_interaction(nlohmann::json& object, const run_stream::Interaction& from) {
  object["terminal"] = from.terminal;
  object["columns"] = from.window.columns;
  object["rows"] = from.window.rows;
}

}  // namespace davit::dyno
