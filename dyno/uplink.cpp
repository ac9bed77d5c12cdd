#include "dyno/uplink.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "dyno/netlink.hpp"

namespace davit::dyno {
namespace {

constexpr std::size_t complaint_bytes_max = 300;

// A file in memory: it takes rules of any size at once, where a pipe would need a second process.
Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "make a file in memory");
  DAVIT_TRY(write_all(fd.get(), content));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

// Who is not root by number loses every capability with the next program. While this lives,
// CAP_NET_ADMIN (of the dyno's own user namespace) is kept.
class KeepNetAdmin {
 public:
  KeepNetAdmin() {
    set_inheritable(1u << CAP_NET_ADMIN);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
  }
  ~KeepNetAdmin() {
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    set_inheritable(0);
  }
  KeepNetAdmin(const KeepNetAdmin&) = delete;
  KeepNetAdmin& operator=(const KeepNetAdmin&) = delete;

 private:
  static void set_inheritable(std::uint32_t mask) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    if (::syscall(SYS_capget, &header, data) != 0) return;
    data[0].inheritable = mask;
    ::syscall(SYS_capset, &header, data);
  }
};

std::string complaint_in(int fd) {
  std::string text(complaint_bytes_max, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return printable(text.substr(0, text.find('\n')), complaint_bytes_max);
}

Result<> load_rules(const PacketFilter& filter) {
  auto input = memory_file("davit-rules", filter.rules);
  if (!input) return std::move(input).error();
  auto errors = memory_file("davit-nft", "");
  if (!errors) return std::move(errors).error();
  ProcessOptions options;
  options.argv = {filter.nft, "-f", "-"};
  options.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  options.stdin_fd = input->get();
  options.stderr_fd = errors->get();
  const KeepNetAdmin keep;
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  const auto code = process->wait();
  if (!code) return code.error();
  if (*code == 0) return {};
  return fail(Errc::io, "'{}' refused the dyno's packet filter: {}", filter.nft,
              complaint_in(errors->get()));
}

}  // namespace

Result<Uplink> Uplink::attach(const Network& network, pid_t inside) {
  Uplink uplink;
  if (network.veth) {
    auto veth = Veth::make(*network.veth, inside);
    if (!veth) return std::move(veth).error();
    uplink.veth_.emplace(std::move(*veth));
  }
  if (network.pasta) {
    auto pasta = Pasta::start(*network.pasta, inside);
    if (!pasta) return std::move(pasta).error();
    uplink.pasta_.emplace(std::move(*pasta));
  }
  return uplink;
}

Result<> set_up_inside(const Network& network) {
  {
    auto netlink = Netlink::open();
    if (!netlink) return std::move(netlink).error();
    DAVIT_TRY(bring_up(*netlink, "lo"));
  }
  if (network.veth) DAVIT_TRY(configure_inner_end(*network.veth));
  if (network.filter) DAVIT_TRY(load_rules(*network.filter));
  return {};
}

}  // namespace davit::dyno
