#include "server/daemon/git_access.hpp"

namespace davit {

Task<Result<git::PushAccess>> GitAccess::authorize(std::string authorization_header, AppName app,
                                                   git::Service) {
  auto caller = co_await authenticator_.authenticate(std::move(authorization_header));
  if (!caller) co_return std::move(caller).error();
  auto find = [app](store::Stores& stores) { return stores.apps.find(app); };
  auto found = co_await store_.run(std::move(find));
  if (!found || !auth::may_use(caller->principal, *found)) {
    co_return fail(Errc::not_found,
                   "there is no app '{}' that {} may use; `davit apps` lists yours", app.str(),
                   caller->principal.email);
  }
  co_return git::PushAccess{found->id, caller->principal.user, paths_.repository(found->id)};
}

}  // namespace davit
