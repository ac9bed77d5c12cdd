#pragma once
#include <string>

#include "base/async.hpp"

namespace davit {

// Where the output of long work goes, as it happens: a pusher's side band, an output file, a test's
// string. Bytes are passed as they come, not by line. io thread only.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  // Returns when the sink can take more. Never fails: a sink whose reader is gone swallows.
  virtual Task<> write(std::string bytes) = 0;
};

}  // namespace davit
