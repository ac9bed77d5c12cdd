#include "server/network/doctor.hpp"

#include <map>

#include "base/encoding.hpp"
#include "server/network/name_query.hpp"

namespace davit::network {
namespace {

constexpr const char* socket_name = "api-socket";
constexpr const char* resolver_name = "resolver";
constexpr const char* connected = "connected";
constexpr const char* refused = "Connection refused";
constexpr std::size_t seen_bytes_max = 100;

constexpr const char* try_function = R"(
try() {
  out=$(LC_ALL=C timeout 2 /bin/bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>&1)
  case $? in
    0) echo "$1 connected" ;;
    124) echo "$1 no answer" ;;
    *) echo "$1 ${out##*: }" ;;
  esac
}
)";

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::map<std::string, std::string> read_lines(const std::string& output) {
  std::map<std::string, std::string> seen;
  for (std::size_t at = 0; at < output.size();) {
    const auto end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    const auto blank = line.find(' ');
    if (blank != line.npos) {
      seen[line.substr(0, blank)] = printable(line.substr(blank + 1), seen_bytes_max);
    }
    at = end + 1;
  }
  return seen;
}

Check judge_target(const Target& target, const std::string& seen, bool shares_host) {
  const std::string where = fmt::format("{}:{}", target.host, target.port);
  if (seen.empty()) {
    return {target.check, false, "the trial told nothing about " + where,
            "look at davitd's log; run `davit doctor` again"};
  }
  const bool reached = seen == connected || (seen == refused && !target.own_address);
  Check check{target.check, !reached, where + ": " + seen, ""};
  if (reached) {
    check.fix = shares_host ? "see above: dynos share the host's network"
                            : "look for another packet filter or route that lets dynos through; "
                              "`nft list ruleset` shows Davit's tables davit_*";
  }
  return check;
}

}  // namespace

std::string script_of(const Examination& examination) {
  std::string script = try_function;
  for (const auto& target : examination.targets) {
    script += fmt::format("try {} {} {}\n", target.name, quoted(target.host), target.port);
  }
  script += fmt::format("if [ -e {} ]; then echo '{} visible'; else echo '{} hidden'; fi\n",
                        quoted(examination.hidden_path), socket_name, socket_name);
  if (!examination.resolvers.empty()) {
    script +=
        fmt::format("if ({}); then echo '{} answered'; else echo '{} silent'; fi\n",
                    name_query_script(examination.resolvers.front()), resolver_name, resolver_name);
  }
  return script;
}

std::vector<Check> judge(const Examination& examination, const std::string& output) {
  auto seen = read_lines(output);
  std::vector<Check> checks;
  for (const auto& target : examination.targets) {
    checks.push_back(judge_target(target, seen[target.name], examination.shares_host));
  }
  const bool hidden = seen[socket_name] == "hidden";
  checks.push_back({"a dyno does not see davitd's socket", hidden, examination.hidden_path,
                    hidden ? "" : "let davitd's data folder be outside /usr, /opt and /etc"});
  if (!examination.resolvers.empty()) {
    const std::string asked = examination.resolvers.front().text();
    const bool answered = seen[resolver_name] == "answered";
    checks.push_back({"a dyno resolves names", answered,
                      asked + (answered ? " answered" : " did not answer"),
                      answered ? ""
                               : "check that the host itself resolves names, and that no other "
                                 "packet filter drops what dynos send; or name another server with "
                                 "`dns` under [network] in davit.toml"});
  }
  return checks;
}

std::vector<Check> judge(const Plan& plan) {
  std::vector<Check> checks;
  for (const auto& shortcoming : plan.missing) {
    checks.push_back(
        {"dynos have the network they should have", false, shortcoming.what, shortcoming.fix});
  }
  if (!checks.empty()) return checks;
  const char* detail = plan.uplink == Uplink::veth    ? "own network, out by the host's filter"
                       : plan.uplink == Uplink::pasta ? "own network, out by pasta"
                                                      : "own network, no way out (egress = none)";
  return {{"dynos have the network they should have", true, detail, ""}};
}

}  // namespace davit::network
