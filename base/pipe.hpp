#pragma once
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> make_pipe();  // close-on-exec

}  // namespace davit
