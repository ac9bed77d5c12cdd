#pragma once
#include <string>

#include "base/ids.hpp"
#include "store/records.hpp"

namespace davit::auth {

// Who is asking, once that is proved.
struct Principal {
  UserId user;
  std::string email;
  bool admin = false;
};

// The one rule of who may use an app, for the API and the git endpoint alike. A caller who may not
// is answered as if the app did not exist, so that names of others' apps cannot be probed.
inline bool may_use(const Principal& principal, const store::App& app) {
  return principal.admin || principal.user == app.owner;
}

}  // namespace davit::auth
