#include "server/runtimes/folder_version.hpp"

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"
#include "base/files.hpp"
#include "dyno/protocol/shown_folders.hpp"

namespace davit::runtimes {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t text_bytes_max = 1024 * 1024;

std::optional<Version> from_package_json(const std::string& folder) {
  const auto text = read_file(folder + "/package.json", text_bytes_max);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("version") || !json["version"].is_string()) {
    return std::nullopt;
  }
  return Version::parse(json["version"].get<std::string>());
}

// The three numbers behind three words, as C headers define them.
std::optional<Version> from_defines(const fs::path& header, std::array<const char*, 3> words) {
  const auto text = read_file(header, text_bytes_max);
  if (!text) return std::nullopt;
  std::uint64_t numbers[3] = {};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t at = text->find(fmt::format("#define {}", words[i]));
    const std::size_t digit = at == text->npos ? at : text->find_first_of("0123456789\n", at);
    if (digit == text->npos || (*text)[digit] == '\n') return std::nullopt;
    numbers[i] = std::strtoull(text->c_str() + digit, nullptr, 10);
  }
  return Version{numbers[0], numbers[1], numbers[2], {}};
}

std::optional<Version> from_python(const std::string& folder) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder + "/include", ec)) {
    const auto version = from_defines(entry.path() / "patchlevel.h",
                                      {"PY_MAJOR_VERSION", "PY_MINOR_VERSION", "PY_MICRO_VERSION"});
    if (version) return version;
  }
  return std::nullopt;
}

// "go1.22.5", or JAVA_VERSION="21.0.4"
std::optional<Version> from_first_number(const std::string& file, std::string_view key) {
  const auto text = read_file(file, text_bytes_max);
  if (!text) return std::nullopt;
  const std::size_t at = text->find(key);
  return at == text->npos ? std::nullopt : Version::find_in(std::string_view(*text).substr(at));
}

}  // namespace

Result<Version> version_of_folder(const Language& language, const std::string& folder) {
  std::optional<Version> version;
  if (language.name == "node") {
    version = from_defines(folder + "/include/node/node_version.h",
                           {"NODE_MAJOR_VERSION", "NODE_MINOR_VERSION", "NODE_PATCH_VERSION"});
  } else if (language.name == "python") {
    version = from_python(folder);
  } else if (language.name == "go") {
    version = from_first_number(folder + "/VERSION", "go");
  } else if (language.name == "java") {
    version = from_first_number(folder + "/release", "JAVA_VERSION=");
  }
  if (!version) version = from_package_json(folder);
  if (version) return *version;
  return fail(Errc::invalid_argument,
              "'{}' does not tell its version: name it with --version, such as --version 22.11.0",
              printable(folder, 200));
}

Result<std::string> check_folder(const std::string& folder) {
  std::error_code ec;
  const std::string real = folder.starts_with('/') ? fs::canonical(folder, ec).string() : "";
  if (real.empty() || ec || !fs::is_directory(real, ec)) {
    return fail(Errc::invalid_argument, "'{}' is no folder of the server; name it from its root",
                printable(folder, 200));
  }
  for (const auto shown : dyno::shown_folders) {
    if (real.starts_with("/" + std::string(shown) + "/")) return real;
  }
  return fail(Errc::forbidden,
              "'{}' is not below /usr or /opt: every app may read a runtime, so only what apps may "
              "read can become one. Move it to /opt",
              printable(real, 200));
}

}  // namespace davit::runtimes
