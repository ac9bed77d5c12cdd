#pragma once
#include "server/auth/authenticator.hpp"
#include "server/git/access.hpp"
#include "server/paths.hpp"
#include "server/store_thread.hpp"

namespace davit {

// Who may push to and fetch from which app: the same credentials and the same rule as the API's. io
// thread only.
class GitAccess final : public git::Access {
 public:
  GitAccess(StoreThread& store, auth::Authenticator& authenticator, const Paths& paths)
      : store_(store), authenticator_(authenticator), paths_(paths) {}
  Task<Result<git::PushAccess>> authorize(std::string authorization_header, AppName app,
                                          git::Service service) override;

 private:
  StoreThread& store_;
  auth::Authenticator& authenticator_;
  const Paths& paths_;
};

}  // namespace davit
