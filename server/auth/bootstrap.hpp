#pragma once
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "store/stores.hpp"

namespace davit::auth {

struct AdminSecrets {
  std::string email;
  std::string password;
  std::string api_key;
};

// At start, before the store has its thread; blocking. Makes the first user, admin@<domain>, when
// there is none; nullopt when there are users already. The secrets exist nowhere else: write them
// to secrets/admin.json at once.
Result<std::optional<AdminSecrets>> ensure_admin(store::Stores& stores, const std::string& domain,
                                                 const Clock& clock, Random& random);

}  // namespace davit::auth
