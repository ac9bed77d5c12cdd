#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/files.hpp"
#include "dyno/kernel_mounts.hpp"
#include "dyno/rootfs.hpp"

namespace davit::dyno {
namespace {

// What programs read to run, resolve names, trust certificates and show dates. Nothing that names
// the host's people, keys or services.
constexpr std::string_view shown[] = {"ImageMagick-6",
                                      "R",
                                      "alternatives",
                                      "bash.bashrc",
                                      "ca-certificates",
                                      "crypto-policies",
                                      "debian_version",
                                      "fonts",
                                      "gai.conf",
                                      "gnutls",
                                      "host.conf",
                                      "inputrc",
                                      "java-11-openjdk",
                                      "java-17-openjdk",
                                      "java-21-openjdk",
                                      "ld.so.cache",
                                      "ld.so.conf",
                                      "ld.so.conf.d",
                                      "locale.alias",
                                      "localtime",
                                      "lsb-release",
                                      "magic",
                                      "magic.mime",
                                      "maven",
                                      "mime.types",
                                      "mono",
                                      "netconfig",
                                      "networks",
                                      "npmrc",
                                      "nsswitch.conf",
                                      "os-release",
                                      "perl",
                                      "php",
                                      "pip.conf",
                                      "pki",
                                      "protocols",
                                      "python3",
                                      "python3.11",
                                      "python3.12",
                                      "resolv.conf",
                                      "rpc",
                                      "services",
                                      "sgml",
                                      "ssl",
                                      "terminfo",
                                      "timezone",
                                      "vim",
                                      "xml"};

constexpr std::size_t hosts_bytes_max = 1024 * 1024;

std::string passwd(Identity who) {
  std::string text = fmt::format("dyno:x:{}:{}:dyno:/app:/bin/bash\n", who.uid, who.gid);
  if (who.uid != 0) text += "root:x:0:0:root:/root:/usr/sbin/nologin\n";
  if (who.uid != 65534) text += "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  return text;
}

std::string group(Identity who) {
  std::string text = fmt::format("dyno:x:{}:\n", who.gid);
  if (who.gid != 0) text += "root:x:0:\n";
  if (who.gid != 65534) text += "nogroup:x:65534:\n";
  return text + "tty:x:5:\n";
}

// Programs look up their own host's name (Java, Erlang); it must resolve.
std::string hosts(const std::string& host_name) {
  auto text = read_file("/etc/hosts", hosts_bytes_max);
  std::string out = text ? std::move(*text) : std::string("127.0.0.1 localhost\n::1 localhost\n");
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out + "127.0.1.1 " + host_name + "\n";
}

}  // namespace

std::span<const std::string_view> public_etc_entries() { return shown; }

Result<> write_new_file(int root, const std::string& path, std::string_view content) {
  const auto slash = path.rfind('/');
  auto folder = open_target(root, path.substr(0, slash), TargetKind::folder, std::nullopt);
  if (!folder) return std::move(folder).error();
  const UniqueFd file(::openat(folder->get(), path.c_str() + slash + 1,
                               O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, fmt::format("write '{}' inside the dyno", path));
  return write_all(file.get(), content);
}

Result<> make_etc(const SandboxPlan& plan, int root) {
  DAVIT_TRY(write_new_file(root, "/etc/passwd", passwd(plan.who)));
  DAVIT_TRY(write_new_file(root, "/etc/group", group(plan.who)));
  DAVIT_TRY(write_new_file(root, "/etc/hostname", plan.spec.name + "\n"));
  DAVIT_TRY(write_new_file(root, "/etc/hosts", hosts(plan.spec.name)));
  // heroku-buildpack-apt reads it, and fails where a host has only the newer format.
  DAVIT_TRY(write_new_file(root, "/etc/apt/sources.list", ""));
  const std::string& resolv_conf = plan.spec.network.resolv_conf;
  if (!resolv_conf.empty()) DAVIT_TRY(write_new_file(root, "/etc/resolv.conf", resolv_conf));
  for (const auto name : shown) {
    if (name == "resolv.conf" && !resolv_conf.empty()) continue;
    const std::string path = "/etc/" + std::string(name);
    struct stat info {};
    // Whom to ask for names is a matter of the host.
    const std::string stack = name == "resolv.conf" ? std::string() : plan.spec.stack;
    if (::stat((stack + path).c_str(), &info) == 0) {
      DAVIT_TRY(show_below(root, stack, path));
    }
  }
  return {};
}

}  // namespace davit::dyno
