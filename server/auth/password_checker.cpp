#include "server/auth/password_checker.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/run_blocking.hpp"
#include "server/auth/limits.hpp"
#include "server/auth/secrets.hpp"

namespace davit::auth {

// Gives the turn back however the coroutine ends.
class PasswordChecker::Turn {
 public:
  explicit Turn(PasswordChecker& owner) : owner_(owner) {}
  ~Turn() {
    --owner_.running_;
    owner_.turn_free_.cancel_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  PasswordChecker& owner_;
};

PasswordChecker::PasswordChecker(asio::any_io_executor executor, asio::thread_pool& workers)
    : workers_(workers), turn_free_(std::move(executor)) {
  turn_free_.expires_at(asio::steady_timer::time_point::max());
}

Task<Result<>> PasswordChecker::wait_for_turn() {
  if (waiting_ >= limits::password_checks_waiting) {
    co_return fail(Errc::limit_exceeded, "Too many logins at once. Try again in a few seconds.");
  }
  ++waiting_;
  bool cancelled = false;
  while (running_ >= limits::password_checks_at_once && !cancelled) {
    boost::system::error_code ec;
    co_await turn_free_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    const auto state = co_await asio::this_coro::cancellation_state;
    cancelled = state.cancelled() != asio::cancellation_type::none;
  }
  --waiting_;
  if (cancelled) co_return fail(Errc::cancelled, "The login was cancelled.");
  ++running_;
  const Result<> ours;
  co_return ours;
}

Task<Result<bool>> PasswordChecker::verify(std::string hash, std::string password) {
  DAVIT_CO_TRY(co_await wait_for_turn());
  const Turn turn(*this);
  if (hash.empty() && dummy_hash_.empty()) {
    auto make = [] { return hash_password("nobody has this password"); };
    dummy_hash_ = co_await run_blocking(workers_, make);
  }
  const bool known = !hash.empty();
  auto job = [hash = known ? std::move(hash) : dummy_hash_, password = std::move(password)] {
    return verify_password(hash, password);
  };
  const bool matches = co_await run_blocking(workers_, std::move(job));
  co_return known&& matches;
}

Task<Result<std::string>> PasswordChecker::hash(std::string password) {
  DAVIT_CO_TRY(co_await wait_for_turn());
  const Turn turn(*this);
  auto job = [password = std::move(password)] { return hash_password(password); };
  co_return co_await run_blocking(workers_, std::move(job));
}

}  // namespace davit::auth
