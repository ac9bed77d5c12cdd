#pragma once
#include "server/api/services.hpp"
#include "server/release/build_output_files.hpp"

namespace davit {

// The API's view of what builds print. io thread only.
class BuildOutputs final : public api::BuildOutputs {
 public:
  explicit BuildOutputs(release::BuildOutputFiles& files) : files_(files) {}
  Result<std::unique_ptr<api::BuildOutput>> open(const BuildId& build) override;

 private:
  release::BuildOutputFiles& files_;
};

}  // namespace davit
