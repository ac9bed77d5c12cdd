#pragma once
#include <chrono>

#include "base/async.hpp"

namespace davit::dynos {

class DynoProcess;

// SIGKILL for the whole tree, after SIGTERM and the grace where one is given; waits until it is
// dead (at most 10 s more: its folders are removed next), and releases the davit-dyno. What it
// still said is dropped. Subscribe first. io thread only.
Task<> put_down(DynoProcess& process,
                std::chrono::milliseconds grace = std::chrono::milliseconds(0));

}  // namespace davit::dynos
