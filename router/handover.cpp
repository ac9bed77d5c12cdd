#include "router/handover.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd_passing.hpp"
#include "base/files.hpp"
#include "router/limits.hpp"
#include "router/net/address.hpp"
#include "router/protocol/messages.hpp"

namespace davit::router {
namespace {

constexpr std::string_view greeting = "davit-router estate 1";
constexpr std::size_t fds_before_public = 2;

Result<UniqueFd> unix_socket(int type) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open a Unix socket");
  return fd;
}

// The heir's own socket: where it takes the estate. Removed when it goes out of scope.
class Heir {
 public:
  static Result<Heir> listen(const std::string& path) {
    const auto address = Address::parse("unix:" + path);
    if (!address) return address.error();
    auto fd = unix_socket(SOCK_SEQPACKET);
    if (!fd) return std::move(fd).error();
    ::unlink(path.c_str());  // of an heir that died
    ::fchmod(fd->get(), 0600);
    if (::bind(fd->get(), address->data(), address->size()) != 0 || ::listen(fd->get(), 1) != 0) {
      return fail_errno(errno, fmt::format("listen on '{}'", path));
    }
    return Heir(path, std::move(*fd));
  }
  Heir(Heir&&) = default;
  Heir& operator=(Heir&&) = delete;
  ~Heir() {
    if (fd_) ::unlink(path_.c_str());
  }

  enum class Wait { ready, dropped, timed_out };
  // Until the old router connects; `predecessor` is our connection to it, which a davitd that
  // connects at the same time may have replaced.
  Wait wait(int predecessor) {
    pollfd waits[] = {{fd_.get(), POLLIN, 0}, {predecessor, POLLRDHUP, 0}};
    const int ready = ::poll(waits, 2, static_cast<int>(limits::handover_timeout.count()));
    if (ready <= 0) return Wait::timed_out;
    return (waits[0].revents & POLLIN) != 0 ? Wait::ready : Wait::dropped;
  }

  Result<Estate> take() {
    if (!readable(fd_.get())) return timed_out();
    const UniqueFd giver(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!giver) return fail_errno(errno, "accept the old router's connection");
    if (!readable(giver.get())) return timed_out();
    char message[64];
    Passed passed = take_fds(giver.get(), message);
    const std::string_view said(message, passed.bytes);
    if (passed.state != PassState::done || said != greeting ||
        passed.fds.size() < fds_before_public) {
      return fail(Errc::corrupt, "the old router passed on something else than its sockets");
    }
    Estate estate;
    estate.lock = std::move(passed.fds[0]);
    estate.control = std::move(passed.fds[1]);
    for (std::size_t i = fds_before_public; i < passed.fds.size(); ++i) {
      struct stat kind {};
      const bool memory = ::fstat(passed.fds[i].get(), &kind) == 0 && S_ISREG(kind.st_mode);
      if (memory) {
        estate.secrets = std::move(passed.fds[i]);
      } else {
        estate.public_.push_back(std::move(passed.fds[i]));
      }
    }
    return estate;
  }

 private:
  Heir(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  static bool readable(int fd) {
    pollfd wait{fd, POLLIN, 0};
    return ::poll(&wait, 1, static_cast<int>(limits::handover_timeout.count())) == 1;
  }
  static Error timed_out() {
    return fail(Errc::timeout, "the running router did not pass its sockets on within {} s",
                limits::handover_timeout.count() / 1000);
  }

  std::string path_;
  UniqueFd fd_;
};

// nullopt: nobody listens.
Result<std::optional<UniqueFd>> connect_to(const std::string& path, int type) {
  const auto address = Address::parse("unix:" + path);
  if (!address) return address.error();
  auto fd = unix_socket(type);
  if (!fd) return std::move(fd).error();
  if (::connect(fd->get(), address->data(), address->size()) == 0) {
    return std::optional<UniqueFd>(std::move(*fd));
  }
  if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<UniqueFd>();
  return fail_errno(errno, fmt::format("connect to '{}'", path));
}

}  // namespace

Result<std::optional<Inheritance>> take_over(const std::string& control_socket) {
  auto heir = Heir::listen(heir_socket(control_socket));
  if (!heir) return std::move(heir).error();
  for (int attempt = 1;; ++attempt) {
    auto predecessor = connect_to(control_socket, SOCK_STREAM);
    if (!predecessor) return std::move(predecessor).error();
    if (!predecessor->has_value()) return std::optional<Inheritance>();
    const int connection = (*predecessor)->get();
    const Command command = HandOver{};
    const auto asked = write_all(connection, encode(command));
    const bool dropped = !asked || heir->wait(connection) == Heir::Wait::dropped;
    if (dropped && attempt < limits::handover_attempts) continue;
    if (!asked) return asked.error();
    auto estate = heir->take();
    if (!estate) return std::move(estate).error();
    return std::optional<Inheritance>(Inheritance{std::move(*estate), std::move(**predecessor)});
  }
}

Result<> pass_on_estate(const std::string& control_socket, int lock, int control,
                        const std::vector<int>& rest) {
  auto heir = connect_to(heir_socket(control_socket), SOCK_SEQPACKET | SOCK_NONBLOCK);
  if (!heir) return std::move(heir).error();
  if (!heir->has_value()) return fail(Errc::unavailable, "no heir listens");
  std::vector<int> fds = {lock, control};
  fds.insert(fds.end(), rest.begin(), rest.end());
  if (fds.size() > passed_fds_max) {
    return fail(Errc::too_large, "{} sockets are more than can be passed on", fds.size());
  }
  if (pass_fds((*heir)->get(), greeting, fds) == PassState::done) return {};
  return fail(Errc::unavailable, "the heir does not take the sockets");
}

}  // namespace davit::router
