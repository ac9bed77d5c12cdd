#include "server/git/advertise.hpp"

#include "server/git/pkt_line.hpp"

namespace davit::git {
namespace {

constexpr std::string_view capabilities =
    "report-status side-band-64k quiet atomic ofs-delta delete-refs push-options "
    "object-format=sha1 agent=davit/0.1.0";

bool asks_for_version_1(std::string_view git_protocol) {
  while (!git_protocol.empty()) {
    const auto colon = git_protocol.find(':');
    if (git_protocol.substr(0, colon) == "version=1") return true;
    git_protocol =
        colon == std::string_view::npos ? std::string_view() : git_protocol.substr(colon + 1);
  }
  return false;
}

}  // namespace

std::string advertise_refs(const Refs& refs, std::string_view git_protocol) {
  auto body = pkt_line("# service=git-receive-pack\n");
  body += pkt_flush;
  if (asks_for_version_1(git_protocol)) body += pkt_line("version 1\n");
  bool first = true;
  for (const auto& [name, id] : refs.ids) {
    auto line = fmt::format("{} {}", id, name);
    if (std::exchange(first, false)) line += std::string(1, '\0') + std::string(capabilities);
    body += pkt_line(line + "\n");
  }
  if (first) {
    auto line = std::string(zero_id) + " capabilities^{}" + std::string(1, '\0');
    body += pkt_line(line + std::string(capabilities) + "\n");
  }
  body += pkt_flush;
  return body;
}

}  // namespace davit::git
