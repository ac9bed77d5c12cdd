#include "base/result.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace davit {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::unauthorized: return "unauthorized";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::too_large: return "too_large";
    case Errc::limit_exceeded: return "limit_exceeded";
    case Errc::timeout: return "timeout";
    case Errc::unavailable: return "unavailable";
    case Errc::cancelled: return "cancelled";
    case Errc::corrupt: return "corrupt";
    case Errc::io: return "io";
    case Errc::internal: return "internal";
  }
  return "unknown";
}

Error fail_errno(int error_number, std::string_view what) {
  const Errc code = error_number == ENOENT ? Errc::not_found : Errc::io;
  return fail(code, "{}: {}", what, std::generic_category().message(error_number));
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::runtime_error(
      fmt::format("{} (unhandled, {}:{})", error.message, where.file_name(), where.line()));
}

}  // namespace davit
