#include "server/release/deployer_impl.hpp"

#include "server/release/deployment.hpp"

namespace davit::release {

Task<Result<std::unique_ptr<git::DeployTurn>>> DeployerImpl::take_turn(AppId app,
                                                                       OutputSink& progress) {
  co_return co_await services_.turns.take(std::move(app), &progress);
}

Task<Result<git::Deployed>> DeployerImpl::deploy(git::DeployRequest request, OutputSink& progress,
                                                 std::function<Result<>()> move_ref) {
  Deployment deployment(services_, config_, std::move(request), std::move(move_ref));
  co_return co_await deployment.run(progress);
}

}  // namespace davit::release
