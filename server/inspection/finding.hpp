#pragma once
#include <compare>
#include <string>
#include <string_view>

namespace davit::inspection {

// What a dyno, a build or a one-off makes on the host.
enum class Kind {
  dyno,      // a davit-dyno that serves its socket
  launcher,  // a davit-dyno whose socket is gone: nobody can talk to it
  cgroup,    // without a socket
  scratch,   // the folder with the writable layer
  build,     // a build's folder
  mount,     // of the host, below a scratch or build folder
};
std::string_view to_string(Kind kind);

struct Finding {
  Kind kind = Kind::dyno;
  std::string id;     // of the dyno, or of the build
  std::string place;  // a path, or "process 4711"
  friend auto operator<=>(const Finding&, const Finding&) = default;
};

}  // namespace davit::inspection
