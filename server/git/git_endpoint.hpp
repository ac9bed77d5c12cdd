#pragma once
#include <boost/asio/thread_pool.hpp>
#include <set>
#include <string>
#include <string_view>

#include "base/condition.hpp"
#include "server/git/access.hpp"
#include "server/git/deployer.hpp"
#include "server/git/limits.hpp"
#include "server/git/repository.hpp"
#include "server/http/exchange.hpp"

namespace davit::git {

class Push;

// git over HTTP (gitprotocol-http(5), the smart protocol only):
//   GET  /<app>.git/info/refs?service=git-receive-pack | git-upload-pack
//   POST /<app>.git/git-receive-pack
//   POST /<app>.git/git-upload-pack
// io thread only; blocking work runs on `workers`. What the constructor takes outlives this.
class GitEndpoint {
 public:
  GitEndpoint(asio::any_io_executor executor, asio::thread_pool& workers, Access& access,
              Deployer& deployer, PushLimits limits = {});
  ~GitEndpoint();  // no handle() runs any more

  // Whether a request's path is meant for handle(); every other path is the API's.
  static bool serves(std::string_view path);
  Task<> handle(http::Exchange& exchange);
  // Makes blocking work of running pushes end soon; call it when the HTTP server stops.
  void stop();

 private:
  enum class Action { advertise, exchange_packs };
  struct Route {
    AppName app;
    Service service = Service::receive_pack;
    Action action = Action::advertise;
  };
  static Result<Route> route(const http::Request& request);
  Task<Result<PushAccess>> authorize(http::Exchange& exchange, Route route);
  Task<Result<>> prepare(PushAccess access);
  Task<> advertise_push(http::Exchange& exchange, PushAccess access);
  Task<> push(http::Exchange& exchange, PushAccess access);
  Task<> fetch(http::Exchange& exchange, PushAccess access, Action action);

  Libgit2User libgit2_;
  asio::thread_pool& workers_;
  Access& access_;
  Deployer& deployer_;
  const PushLimits limits_;
  std::set<std::string> prepared_;  // repositories that were made or tidied since the start
  std::set<std::string> preparing_;
  Condition prepared_changed_;
  std::set<Push*> pushes_;
  std::size_t fetches_ = 0;
};

}  // namespace davit::git
