#pragma once
#include <string>
#include <vector>

// Command lines of a build's steps: bash with a fixed script text; every path is a positional
// parameter and never part of the text. All paths as seen inside. Pure.
namespace davit::build {

struct PackDirs {
  std::string pack;
  std::string build_dir;
  std::string cache_dir;
  std::string env_dir;
};

// Asks the packs in order. Prints the numbers (from 0) of those whose bin/detect agrees in a line,
// then what the first of them printed; exits 1 when none does. Their stderr is dropped: "no" often
// comes with a page of reasons.
std::vector<std::string> detect_any_command(const std::string& build_dir,
                                            const std::vector<std::string>& packs);

// One bin/detect; its stderr goes to a file.
std::vector<std::string> detect_one_command(const PackDirs& dirs, const std::string& stderr_file);

// bin/runtimes BUILD_DIR ENV_DIR: what the pack wants to be built with; see
// server/runtimes/wish.hpp.
std::vector<std::string> runtimes_command(const PackDirs& dirs);

// bin/compile after the `export` files of earlier packs, sourced in order (missing ones are
// skipped).
std::vector<std::string> compile_command(const PackDirs& dirs,
                                         const std::vector<std::string>& exports);

// bin/report BUILD_DIR CACHE_DIR ENV_DIR, without the exports.
std::vector<std::string> report_command(const PackDirs& dirs);

// bin/release, without the exports.
std::vector<std::string> release_command(const PackDirs& dirs);

}  // namespace davit::build
