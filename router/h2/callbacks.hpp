#pragma once
#include "router/h2/frame_memory.hpp"

struct nghttp2_session;

namespace davit::router::h2 {

class Connection;

// A server's session whose events go to `connection`, which has its memory too: limits and flood
// options set, automatic window updates off. nullptr: out of memory.
nghttp2_session* make_session(Connection& connection, FrameMemory& memory);

}  // namespace davit::router::h2
