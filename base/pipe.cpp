#include "base/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace davit {

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace davit
