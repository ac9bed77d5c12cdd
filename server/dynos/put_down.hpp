#pragma once
#include "base/async.hpp"

namespace davit::dynos {

class DynoProcess;

// SIGKILL for the whole tree, waits until it is dead (at most 10 s: its folders are removed next), and releases the
// davit-dyno. What it still said is dropped. Subscribe first. io thread only.
Task<> put_down(DynoProcess& process);

}  // namespace davit::dynos
