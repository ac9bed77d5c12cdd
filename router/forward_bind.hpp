#pragma once
#include "router/forward.hpp"
#include "router/session.hpp"

// For forward*.cpp only.
namespace davit::router {

template <class Method>
auto Forward::bind(Method method) {
  return [session = Session::Ptr(&session_), attempt = attempt_, method](ErrorCode error,
                                                                         std::size_t bytes = 0) {
    if (Forward* self = session->forward(attempt)) (self->*method)(error, bytes);
  };
}

}  // namespace davit::router
