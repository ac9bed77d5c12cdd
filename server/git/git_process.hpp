#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/process.hpp"

namespace davit::git {

// A `git upload-pack` with pipes to its standard input and output. io thread only. The destructor
// kills it with all its children and reaps it.
class GitProcess {
 public:
  enum class Mode { advertise, serve };
  // git_protocol: the Git-Protocol header, checked before it becomes a variable. The child's
  // environment has nothing of ours.
  static Result<std::unique_ptr<GitProcess>> upload_pack(asio::any_io_executor executor,
                                                         const std::string& repository, Mode mode,
                                                         const std::string& git_protocol);
  ~GitProcess();

  // Writes all of it, then closes the child's input. A child that does not read it all: no error
  // here.
  Task<> give(std::string input);
  // Some output; empty at its end.
  Task<std::string> take();
  Task<int> exit_code();
  void kill();

 private:
  GitProcess(asio::any_io_executor executor, Process process, UniqueFd input, UniqueFd output);
  Process process_;
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::posix::stream_descriptor exited_;
  bool reaped_ = false;
};

}  // namespace davit::git
