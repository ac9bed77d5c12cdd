#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/async.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::network {

// Hears from the kernel when somebody deletes a table of the packet filter. io thread only.
class TableWatch {
 public:
  // Needs CAP_NET_ADMIN.
  static Result<TableWatch> open(asio::any_io_executor executor);

  // Returns when a table was deleted since the last call, or may have been. Cancellable.
  Task<> deletion();

 private:
  TableWatch(asio::any_io_executor executor, UniqueFd fd)
      : socket_(std::move(executor), fd.release()) {}
  bool saw_deletion();

  asio::posix::stream_descriptor socket_;
};

}  // namespace davit::network
