#pragma once
#include <fmt/format.h>

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace davit {

// Why an expected operation did not happen. Starts at 1, so that no code is mistaken for success.
// server/api maps each to one HTTP status; the text of an error names its subject and says what to
// do next.
enum class Errc {
  invalid_argument = 1,  // input that breaks a rule
  unauthorized,          // no or wrong credentials
  forbidden,             // known caller, not allowed
  not_found,
  conflict,        // the state does not allow it now
  too_large,       // a limit on size
  limit_exceeded,  // a limit on count or rate
  timeout,
  unavailable,  // a process or host we need is not there; trying again may help
  cancelled,
  corrupt,   // data or a peer's message that breaks its format
  io,        // the operating system refused
  internal,  // a bug of ours
};

std::string_view to_string(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string message;  // one sentence for people: what happened, to what, what to do next
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// return fail(Errc::not_found, "app '{}' not found; `davit apps` lists yours", name);
template <class... Args>
Error fail(Errc code, fmt::format_string<Args...> text, Args&&... args) {
  return Error{code, fmt::format(text, std::forward<Args>(args)...)};
}

// Appends the meaning of errno: "open '/x': No such file or directory". Errc::io, or not_found for
// ENOENT.
Error fail_errno(int error_number, std::string_view what);

// Called by result<T>::value() on an error that nobody looked at: a bug, so an exception.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace davit

// Returns the error of an expression of type Result<T> from the enclosing function.
#define DAVIT_TRY(expression)                          \
  do {                                                 \
    if (auto davit_try_ = (expression); !davit_try_) { \
      return std::move(davit_try_).error();            \
    }                                                  \
  } while (false)
#define DAVIT_CO_TRY(expression)                       \
  do {                                                 \
    if (auto davit_try_ = (expression); !davit_try_) { \
      co_return std::move(davit_try_).error();         \
    }                                                  \
  } while (false)
