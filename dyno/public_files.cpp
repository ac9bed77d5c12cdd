#include "dyno/public_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "dyno/kernel_mounts.hpp"
#include "dyno/rootfs.hpp"

namespace davit::dyno {
namespace {

constexpr std::string_view variables[] = {
    "SSL_CERT_FILE",     "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",    "AWS_CA_BUNDLE",       "PIP_CERT",       "NPM_CONFIG_CAFILE",
    "npm_config_cafile", "CARGO_HTTP_CAINFO",   "DENO_CERT",      "BUNDLE_SSL_CA_CERT"};

// The system's whole bundle is about 220 KB.
constexpr off_t bytes_max = 4 * 1024 * 1024;

// Where the new root has its own or already the host's content.
constexpr std::string_view taken[] = {"/usr/", "/opt/", "/dev/",  "/proc/", "/sys/", "/tmp/",
                                      "/run/", "/bin/", "/sbin/", "/lib",   "/app/"};

bool is_plain(std::string_view path) {
  return path.starts_with('/') && path.find("/../") == path.npos && path.find("/./") == path.npos &&
         path.find("//") == path.npos && !path.ends_with('/') && !path.ends_with("/..");
}

// Of /etc only some entries are shown.
bool shown_of_etc(std::string_view path) {
  constexpr std::string_view etc = "/etc/";
  if (!path.starts_with(etc)) return false;
  const auto entry = path.substr(etc.size(), path.find('/', etc.size()) - etc.size());
  const auto entries = public_etc_entries();
  return std::find(entries.begin(), entries.end(), entry) != entries.end();
}

bool shown_already(const Spec& spec, std::string_view path) {
  if (path.starts_with("/etc/")) return shown_of_etc(path);
  const auto is_above = [&](std::string_view prefix) { return path.starts_with(prefix); };
  return std::any_of(std::begin(taken), std::end(taken), is_above) ||
         std::any_of(spec.mounts.begin(), spec.mounts.end(),
                     [&](const Mount& mount) { return is_above(mount.target + "/"); });
}

bool holds_only_certificates(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & S_IROTH) == 0 ||
      info.st_size > bytes_max) {
    return false;
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(file, text.data(), text.size(), 0) != info.st_size) return false;
  const bool certificate = text.find("-----BEGIN CERTIFICATE-----") != text.npos ||
                           text.find("-----BEGIN TRUSTED CERTIFICATE-----") != text.npos;
  return certificate && text.find("PRIVATE KEY-----") == text.npos;
}

Result<> show_file(int root, int file, const std::string& path) {
  auto tree = clone_tree_of(file, Access::read_only);
  if (!tree) return std::move(tree).error();
  auto target = open_target(root, path, TargetKind::file, std::nullopt);
  if (!target) return std::move(target).error();
  return attach(tree->get(), target->get(), path);
}

}  // namespace

std::vector<CertificateFile> certificate_files(const Spec& spec) {
  std::vector<CertificateFile> files;
  for (const auto name : variables) {
    const auto found = spec.env.find(std::string(name));
    if (found == spec.env.end()) continue;
    const std::string& path = found->second;
    const auto is_it = [&](const CertificateFile& file) { return file.path == path; };
    if (!is_plain(path) || shown_already(spec, path) ||
        std::any_of(files.begin(), files.end(), is_it)) {
      continue;
    }
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file && holds_only_certificates(file.get())) {
      files.push_back({std::string(name), path, std::move(file)});
    }
  }
  return files;
}

void attach_certificate_files(const SandboxPlan& plan, int root, Notes& notes) {
  for (const auto& file : certificate_files(plan.spec)) {
    const auto shown = show_file(root, file.fd.get(), file.path);
    if (!shown) {
      notes.push_back(fmt::format("{} is not shown: {}", file.variable, shown.error().message));
    }
  }
}

}  // namespace davit::dyno
