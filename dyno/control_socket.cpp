#include "dyno/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace davit::dyno {
namespace {

constexpr int backlog = 16;

struct Address {
  sockaddr_un value{};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&value); }
};

int type_of(const ListenOptions& options) {
  return (options.packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC;
}

bool is_served(const Address& address, const ListenOptions& options) {
  const UniqueFd probe(::socket(AF_UNIX, type_of(options), 0));
  return probe && ::connect(probe.get(), address.get(), sizeof address.value) == 0;
}

Result<> enter_folder_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::chdir(folder.empty() ? "/" : folder.c_str()) == 0) return {};
  return fail_errno(errno, fmt::format("enter the socket's folder '{}'", folder));
}

Result<> admit_group(const std::string& name, std::uint32_t group) {
  if (::lchown(name.c_str(), static_cast<uid_t>(-1), group) == 0 &&
      ::chmod(name.c_str(), 0660) == 0) {
    return {};
  }
  return fail_errno(errno, fmt::format("give socket '{}' to group {}", name, group));
}

Result<UniqueFd> bind_here(const std::string& name, const std::string& path,
                           const ListenOptions& options) {
  Address address;
  address.value.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof address.value.sun_path) {
    return fail(Errc::invalid_argument, "socket '{}': the file name is empty or too long", path);
  }
  std::memcpy(address.value.sun_path, name.data(), name.size());
  if (is_served(address, options)) {
    return fail(Errc::conflict, "socket '{}' is served by another davit-dyno", path);
  }
  ::unlink(name.c_str());
  UniqueFd fd(::socket(AF_UNIX, type_of(options) | SOCK_NONBLOCK, 0));
  const mode_t before = ::umask(0177);
  const bool bound = fd && ::bind(fd.get(), address.get(), sizeof address.value) == 0;
  const int why = errno;
  ::umask(before);
  if (!bound) return fail_errno(why, fmt::format("bind socket '{}'", path));
  if (options.group) DAVIT_TRY(admit_group(name, *options.group));
  if (::listen(fd.get(), backlog) != 0)
    return fail_errno(errno, fmt::format("listen on '{}'", path));
  return fd;
}

}  // namespace

Result<UniqueFd> listen_on(const std::string& path, const ListenOptions& options) {
  DAVIT_TRY(enter_folder_of(path));
  auto fd = bind_here(path.substr(path.rfind('/') + 1), path, options);
  if (::chdir("/") != 0) return fail_errno(errno, "enter '/'");
  return fd;
}

UniqueFd accept_owner(int listener, std::optional<std::uint32_t> group) {
  for (;;) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return fd;
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    const bool of_group = group && peer.gid == *group;
    if (known && (peer.uid == 0 || peer.uid == ::geteuid() || of_group)) return fd;
  }
}

}  // namespace davit::dyno
