#include "router/client_side.hpp"

#include "router/forward.hpp"

namespace davit::router {

ClientSide::ClientSide(Worker& worker, Client client)
    : worker_(worker), client_(std::move(client)) {}

ClientSide::~ClientSide() = default;

Forward* ClientSide::forward(std::uint64_t attempt) {
  return forward_ && forward_->attempt() == attempt ? forward_.get() : nullptr;
}

Forward& ClientSide::use_forward() {
  if (!forward_) forward_ = std::make_unique<Forward>(*this);
  return *forward_;
}

}  // namespace davit::router
