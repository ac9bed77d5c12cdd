#pragma once
#include "router/client_side.hpp"
#include "router/forward.hpp"

// For forward*.cpp only.
namespace davit::router {

template <class Method>
auto Forward::bind(Method method) {
  return [client = ClientSide::Ptr(&client_), attempt = attempt_, method](ErrorCode error,
                                                                          std::size_t bytes = 0) {
    if (Forward* self = client->forward(attempt)) (self->*method)(error, bytes);
  };
}

}  // namespace davit::router
