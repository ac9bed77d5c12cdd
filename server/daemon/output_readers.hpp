#pragma once
#include "server/api/services.hpp"
#include "server/release/output_files.hpp"

namespace davit {

// The API's view of what builds and release commands print. io thread only.
class OutputReaders final : public api::Outputs {
 public:
  explicit OutputReaders(release::OutputFiles& files) : files_(files) {}
  Result<std::unique_ptr<api::Output>> open(const std::string& id, From from) override;

 private:
  release::OutputFiles& files_;
};

}  // namespace davit
