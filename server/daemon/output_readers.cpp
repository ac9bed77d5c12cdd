#include "server/daemon/output_readers.hpp"

namespace davit {
namespace {

class Reader final : public api::Output {
 public:
  Reader(release::OutputFiles& files, std::string id, api::Outputs::From from)
      : files_(files), id_(std::move(id)), follow_(from.follow), offset_(from.offset) {}
  Task<Result<std::string>> next() override {
    auto part = co_await files_.read(id_, offset_, follow_);
    if (part) offset_ += part->size();
    co_return std::move(part);
  }

 private:
  release::OutputFiles& files_;
  std::string id_;
  const bool follow_;
  std::uint64_t offset_;
};

}  // namespace

Result<std::unique_ptr<api::Output>> OutputReaders::open(const std::string& id, From from) {
  if (!files_.known(id)) return fail(Errc::not_found, "the output of {} is not kept", id);
  std::unique_ptr<api::Output> reader = std::make_unique<Reader>(files_, id, from);
  return reader;
}

}  // namespace davit
