#pragma once
#include <memory>

struct nghttp2_session;

namespace davit::router::h2 {

class Connection;

// A server's session whose events go to `connection`: limits and flood options set, automatic
// window updates off. nullptr: out of memory.
nghttp2_session* make_session(Connection& connection);

}  // namespace davit::router::h2
