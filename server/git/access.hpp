#pragma once
#include <string>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace davit::git {

enum class Service { receive_pack, upload_pack };

struct PushAccess {
  AppId app;
  UserId user;
  std::string
      repository;  // absolute path of the bare repository; made by the endpoint where it is missing
};

// Who may push to and fetch from which app. Implemented by the wiring. io thread only.
class Access {
 public:
  virtual ~Access() = default;
  // authorization_header: as sent, maybe empty. Errors: unauthorized (401, git asks for a
  // password), forbidden (403), not_found (404); git shows the message to its user.
  virtual Task<Result<PushAccess>> authorize(std::string authorization_header, AppName app,
                                             Service service) = 0;
};

}  // namespace davit::git
