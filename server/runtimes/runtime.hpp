#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/runtimes/range.hpp"

// The words of this room. Plain values.
namespace davit::runtimes {

// A language, or a tool of one that packs ask for in the same way: "node", "yarn", "python".
struct Language {
  std::string_view name;
  std::string_view title;       // "Node.js"
  std::string_view executable;  // below the runtime's folder: "bin/node"
  std::string_view
      fallback;  // the range of who asks for nothing and gets something for the first time
  enum class Line { major, minor } line;  // what an app that asks for nothing stays on: 22, 3.12
  bool python_ranges = false;
};
// nullptr when Davit knows none of that name.
const Language* find_language(std::string_view name);
// The range "22.x" or "3.12.x" that holds the version's line.
Range line_of(const Language& language, const Version& version);

// What one pack asks for.
struct Wish {
  const Language* language = nullptr;
  std::string range;  // as its author wrote it; empty: nothing was asked for
  std::string where;  // "engines.node in package.json"
};

enum class Origin { store, distribution };

struct Runtime {
  std::string language;
  std::string version;
  Origin origin = Origin::store;
  std::string executable;  // as builds and dynos see it
  std::string identity;    // of the distribution's executable, to notice that it was replaced
};

// One executable that the distribution brings.
struct Found {
  std::string language;
  Version version;
  std::string path;
};

// Where builds and dynos see the runtimes of the store. Neither a folder that shows the host's
// (such as /opt), nor one that the host's layout decides: it ends up in slugs.
inline constexpr std::string_view inside_folder = "/var/lib/davit/runtimes";

}  // namespace davit::runtimes
