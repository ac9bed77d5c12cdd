#include "server/daemon/build_outputs.hpp"

namespace davit {
namespace {

class Reader final : public api::BuildOutput {
 public:
  Reader(release::BuildOutputFiles& files, BuildId build)
      : files_(files), build_(std::move(build)) {}
  Task<Result<std::string>> next() override {
    auto part = co_await files_.read(build_, offset_);
    if (part) offset_ += part->size();
    co_return std::move(part);
  }

 private:
  release::BuildOutputFiles& files_;
  BuildId build_;
  std::uint64_t offset_ = 0;
};

}  // namespace

Result<std::unique_ptr<api::BuildOutput>> BuildOutputs::open(const BuildId& build) {
  if (!files_.known(build)) {
    return fail(Errc::not_found, "the output of build {} is not kept", build.str());
  }
  std::unique_ptr<api::BuildOutput> reader = std::make_unique<Reader>(files_, build);
  return reader;
}

}  // namespace davit
