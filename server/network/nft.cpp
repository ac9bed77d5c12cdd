#include "server/network/nft.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "base/process.hpp"

namespace davit::network {
namespace {

using nlohmann::json;

constexpr std::size_t answer_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t complaint_bytes_max = 300;

// Files in memory: nft may write and read at its leisure, and nobody waits for anybody.
Result<UniqueFd> memory_file(std::string_view content) {
  UniqueFd fd(::memfd_create("davit-nft", MFD_CLOEXEC));
  if (!fd) return fail_errno(errno, "make a file in memory");
  DAVIT_TRY(write_all(fd.get(), content));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::string content_of(int fd, std::size_t bytes_max) {
  auto text = read_file(fmt::format("/proc/self/fd/{}", fd), bytes_max);
  return text ? std::move(*text) : std::string();
}

std::string member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<std::vector<Chain>> parse_chains(const std::string& text) {
  const auto all = json::parse(text, nullptr, false);
  const bool valid = all.is_object() && all.contains("nftables") && all["nftables"].is_array();
  if (!valid) return fail(Errc::corrupt, "nft listed no chains: '{}'", printable(text, 100));
  std::vector<Chain> chains;
  for (const auto& entry : all["nftables"]) {
    if (!entry.is_object() || !entry.contains("chain") || !entry["chain"].is_object()) continue;
    const auto& chain = entry["chain"];
    if (member(chain, "family") != "inet") continue;
    chains.push_back({member(chain, "table"), member(chain, "name")});
  }
  return chains;
}

Result<Nft> Nft::find() {
  for (const char* path : {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"}) {
    if (::access(path, X_OK) == 0) return Nft(path);
  }
  return fail(Errc::not_found, "nft is not installed: `apt install nftables`");
}

Result<std::string> Nft::run(std::vector<std::string> arguments, std::string_view input) const {
  auto in = memory_file(input);
  auto out = memory_file("");
  auto errors = memory_file("");
  if (!in || !out || !errors) return fail(Errc::io, "make files in memory for nft");
  ProcessOptions options;
  options.argv = {program_};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  options.stdin_fd = in->get();
  options.stdout_fd = out->get();
  options.stderr_fd = errors->get();
  auto process = Process::spawn(options);
  if (!process) return std::move(process).error();
  const auto code = process->wait();
  if (!code) return code.error();
  if (*code == 0) return content_of(out->get(), answer_bytes_max);
  const std::string complaint = content_of(errors->get(), answer_bytes_max);
  return fail(Errc::io, "nft: {}",
              printable(complaint.substr(0, complaint.find('\n')), complaint_bytes_max));
}

Result<> Nft::apply(const std::string& ruleset) const {
  const auto done = run({"-f", "-"}, ruleset);
  return done ? Result<>() : Result<>(done.error());
}

Result<std::vector<Chain>> Nft::chains() const {
  const auto text = run({"--json", "list", "chains", "inet"}, "");
  if (!text) return text.error();
  if (text->empty()) return std::vector<Chain>{};  // without any table, in some versions
  return parse_chains(*text);
}

}  // namespace davit::network
