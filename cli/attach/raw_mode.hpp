#pragma once
#include <optional>

#include "base/run_stream.hpp"

namespace davit::cli {

// The user's terminal in raw mode while this lives: every key goes to the command as it is. Put
// back when it goes, and also when the program crashes. One at a time.
class RawMode {
 public:
  explicit RawMode(int terminal);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

  void again();  // somebody stopped and continued us: a shell has put its own mode back meanwhile

 private:
  void apply();
  int terminal_;
};

// Of the terminal behind a descriptor; zeros when it tells none.
run_stream::WindowSize window_of(int terminal);

}  // namespace davit::cli
