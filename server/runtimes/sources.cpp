#include "server/runtimes/sources.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"

namespace davit::runtimes {
namespace {

using nlohmann::json;

struct Machine {
  std::string_view name;  // of uname
  std::string_view node;
  std::string_view bun;
  std::string_view go;
  std::string_view java;
};
constexpr Machine machines[] = {{"x86_64", "x64", "x64", "amd64", "x64"},
                                {"aarch64", "arm64", "aarch64", "arm64", "aarch64"}};

// Adoptium lists one line at a time. Those with long-term support, the newest first.
constexpr int java_lines[] = {25, 21, 17, 11, 8};

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error corrupt(std::string_view what) {
  return fail(Errc::corrupt, "{} is not what was expected", what);
}

// "@scope/name" is one segment of a registry's path.
std::string package_path(std::string name) {
  const std::size_t slash = name.find('/');
  if (slash != name.npos) name.replace(slash, 1, "%2f");
  return name;
}

Listing npm_package(const std::string& registry, const std::string& name) {
  // The short form of the document: a tenth of the whole.
  return {registry + "/" + package_path(name), "application/vnd.npm.install-v1+json",
          parse_npm_package};
}

template <class Take>
void for_each_line(const std::string& text, const Take& take) {
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    take(left.substr(0, end));
    left.remove_prefix(end == left.npos ? left.size() : end + 1);
  }
}

// "HEX  FILE" or "HEX *FILE": {hex, file}.
std::pair<std::string_view, std::string_view> checksum_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank != 64) return {};
  std::string_view file = line.substr(blank);
  file.remove_prefix(std::min(file.find_first_not_of(" *"), file.size()));
  while (file.ends_with('\r')) file.remove_suffix(1);
  return {line.substr(0, blank), file};
}

}  // namespace

std::vector<Listing> listings_of(const Language& language, const Mirrors& mirrors,
                                 const std::string& machine) {
  std::vector<Listing> listings;
  const auto* found = std::ranges::find(machines, machine, &Machine::name);
  if (found == std::end(machines)) return listings;
  const auto npm = [&](const std::string& package) {
    if (mirrors.npm) listings.push_back(npm_package(*mirrors.npm, package));
  };
  if (language.name == "node") {
    if (mirrors.node) {
      listings.push_back(
          {*mirrors.node + "/index.json", "application/json",
           [base = *mirrors.node, arch = std::string(found->node)](const std::string& text) {
             return parse_node_index(text, base, arch);
           }});
    }
    npm("node-linux-" + std::string(found->node));
  } else if (language.name == "yarn") {
    npm("yarn");
    npm("@yarnpkg/cli-dist");
  } else if (language.name == "pnpm") {
    npm("pnpm");
  } else if (language.name == "bun") {
    npm("@oven/bun-linux-" + std::string(found->bun));
  } else if (language.name == "deno") {
    npm("@deno/linux-" + std::string(found->node) + "-glibc");
  } else if (language.name == "python" && mirrors.python) {
    listings.push_back({*mirrors.python + "/latest/download/SHA256SUMS", "*/*",
                        [base = *mirrors.python, machine](const std::string& text) {
                          return parse_python_sums(text, base, machine);
                        }});
  } else if (language.name == "go" && mirrors.go) {
    listings.push_back({*mirrors.go + "/?mode=json&include=all", "application/json",
                        [base = *mirrors.go, arch = std::string(found->go)](
                            const std::string& text) { return parse_go_index(text, base, arch); }});
  }
  if (language.name == "java" && mirrors.java) {
    for (const int line : java_lines) {
      listings.push_back({fmt::format("{}/assets/latest/{}/hotspot?architecture={}&image_type=jdk"
                                      "&os=linux&vendor=eclipse",
                                      *mirrors.java, line, found->java),
                          "application/json", parse_temurin_assets});
    }
  }
  return listings;
}

std::optional<Listing> npm_listing(const Mirrors& mirrors) {
  if (!mirrors.npm) return std::nullopt;
  return npm_package(*mirrors.npm, "npm");
}

// As nodejs.org bundles them; from 11.19 on, npm no longer runs dependencies' install scripts.
Range npm_range_for(const Version& node) {
  const char* range = node.major >= 24 ? "^11.0.0 <11.19.0" : node.major >= 18 ? "10.x" : "8.x";
  return Range::parse(range).value();
}

Result<std::vector<Candidate>> parse_node_index(const std::string& text, const std::string& base,
                                                const std::string& arch) {
  const json index = json::parse(text, nullptr, false);
  if (!index.is_array()) return corrupt("nodejs.org's index.json");
  std::vector<Candidate> candidates;
  for (const json& release : index) {
    const std::string tag = text_at(release, "version");
    const auto version = Version::parse(tag);
    const auto files = release.find("files");
    const bool built = files != release.end() && files->is_array() &&
                       std::ranges::find(*files, json("linux-" + arch)) != files->end();
    if (!version || !built) continue;
    const std::string folder = base + "/v" + version->str();
    candidates.push_back({*version,
                          fmt::format("{}/node-v{}-linux-{}.tar.xz", folder, version->str(), arch),
                          {},
                          {},
                          folder + "/SHASUMS256.txt",
                          "nodejs.org"});
  }
  return candidates;
}

Result<std::vector<Candidate>> parse_npm_package(const std::string& text) {
  const json document = json::parse(text, nullptr, false);
  const auto versions = document.find("versions");
  if (!document.is_object() || versions == document.end() || !versions->is_object()) {
    return corrupt("the npm registry's answer");
  }
  std::vector<Candidate> candidates;
  for (const auto& [key, release] : versions->items()) {
    const auto version = Version::parse(key);
    const auto dist = release.find("dist");
    if (!version || dist == release.end() || !dist->is_object()) continue;
    Candidate candidate{*version, text_at(*dist, "tarball"), text_at(*dist, "integrity"), {},
                        {},       "the npm registry"};
    // Very old packages have a SHA-1 only.
    if (candidate.url.empty() || candidate.integrity.empty()) continue;
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

Result<std::vector<Candidate>> parse_python_sums(const std::string& text, const std::string& base,
                                                 const std::string& machine) {
  // cpython-3.12.5+20240814-x86_64-unknown-linux-gnu-install_only.tar.gz
  const std::string tail = "-" + machine + "-unknown-linux-gnu-install_only.tar.gz";
  constexpr std::string_view head = "cpython-";
  std::vector<Candidate> candidates;
  for_each_line(text, [&](std::string_view line) {
    const auto [hex, file] = checksum_line(line);
    if (!file.starts_with(head) || !file.ends_with(tail)) return;
    const std::string_view middle =
        file.substr(head.size(), file.size() - head.size() - tail.size());
    const std::size_t plus = middle.find('+');
    const auto version = Version::find_in(middle.substr(0, plus));
    if (plus == middle.npos || !version) return;
    candidates.push_back({*version,
                          fmt::format("{}/download/{}/{}", base, middle.substr(plus + 1), file),
                          {},
                          std::string(hex),
                          {},
                          "python-build-standalone"});
  });
  if (candidates.empty()) return corrupt("python-build-standalone's SHA256SUMS");
  return candidates;
}

Result<std::vector<Candidate>> parse_go_index(const std::string& text, const std::string& base,
                                              const std::string& arch) {
  const json index = json::parse(text, nullptr, false);
  if (!index.is_array()) return corrupt("go.dev's list");
  std::vector<Candidate> candidates;
  for (const json& release : index) {
    const auto version = Version::find_in(text_at(release, "version"));
    const auto files = release.find("files");
    if (!version || files == release.end() || !files->is_array()) continue;
    for (const json& file : *files) {
      const bool ours = text_at(file, "os") == "linux" && text_at(file, "arch") == arch &&
                        text_at(file, "kind") == "archive";
      if (!ours) continue;
      candidates.push_back({*version,
                            base + "/" + text_at(file, "filename"),
                            {},
                            text_at(file, "sha256"),
                            {},
                            "go.dev"});
    }
  }
  return candidates;
}

Result<std::vector<Candidate>> parse_temurin_assets(const std::string& text) {
  const json assets = json::parse(text, nullptr, false);
  if (!assets.is_array()) return corrupt("Adoptium's list");
  std::vector<Candidate> candidates;
  for (const json& asset : assets) {
    const json::json_pointer number("/version"), package("/binary/package");
    if (!asset.is_object() || !asset.contains(number) || !asset.contains(package)) continue;
    const json& numbers = asset[number];
    const auto part = [&](const char* key) -> std::uint64_t {
      const auto value = numbers.find(key);
      const bool there = value != numbers.end() && value->is_number_unsigned();
      return there ? value->get<std::uint64_t>() : 0;
    };
    const json& file = asset[package];
    if (!numbers.is_object() || !file.is_object() || part("major") == 0) continue;
    Candidate candidate{{part("major"), part("minor"), part("security"), {}},
                        text_at(file, "link"),
                        {},
                        text_at(file, "checksum"),
                        {},
                        "Adoptium"};
    if (!candidate.url.empty() && !candidate.sha256.empty()) candidates.push_back(candidate);
  }
  return candidates;
}

Result<std::string> checksum_in(const std::string& list, const std::string& file) {
  std::string hex;
  for_each_line(list, [&](std::string_view line) {
    const auto [digest, name] = checksum_line(line);
    if (!name.empty() && name == file) hex = digest;
  });
  if (!hex.empty()) return hex;
  return fail(Errc::corrupt, "the list of checksums does not name '{}'", printable(file, 200));
}

}  // namespace davit::runtimes
