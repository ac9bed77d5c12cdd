#pragma once
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "server/build/build.hpp"
#include "server/release/build_queue.hpp"

namespace davit::release {

// What the API knows of builds beyond their rows. io thread only.
class Builds {
 public:
  virtual ~Builds() = default;
  // nullopt: it does not go on (any more).
  virtual std::optional<BuildProgress> progress(const BuildId& build) const = 0;
  // Asks it to end, in the name of `who`; soon afterwards it has failed. conflict: it does not go
  // on, or is done but for starting its dynos.
  virtual Result<> cancel(const BuildId& build, std::string who) = 0;
  // A build that goes on keeps what it has, and leaves none behind.
  virtual Task<Result<>> purge_cache(AppId app) = 0;
};

class BuildsImpl final : public Builds {
 public:
  BuildsImpl(BuildQueue& queue, build::Builder& builder, asio::thread_pool& workers)
      : queue_(queue), builder_(builder), workers_(workers) {}
  std::optional<BuildProgress> progress(const BuildId& build) const override {
    return queue_.progress(build);
  }
  Result<> cancel(const BuildId& build, std::string who) override {
    return queue_.cancel(build, std::move(who));
  }
  Task<Result<>> purge_cache(AppId app) override;

 private:
  BuildQueue& queue_;
  build::Builder& builder_;
  asio::thread_pool& workers_;
};

}  // namespace davit::release
