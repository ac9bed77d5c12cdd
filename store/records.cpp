#include "store/records.hpp"

#include "base/ensure.hpp"
#include "store/statement.hpp"

namespace davit::store {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::pending: return "pending";
    case Status::succeeded: return "succeeded";
    case Status::failed: return "failed";
  }
  ensure(false, "a status is one of three");
  return {};
}

std::optional<Status> parse_status(std::string_view text) {
  for (const Status status : {Status::pending, Status::succeeded, Status::failed}) {
    if (text == to_string(status)) return status;
  }
  return std::nullopt;
}

}  // namespace davit::store
