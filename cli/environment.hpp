#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit::cli {

// What the process was given, read once in main. Any thread.
struct Environment {
  std::map<std::string, std::string> variables;
  std::filesystem::path self;  // absolute path of this program

  std::string get(const std::string& name) const;  // empty when unset
  // $XDG_CONFIG_HOME/davit, or ~/.config/davit.
  Result<std::filesystem::path> config_dir() const;
  // Absolute path of a program in PATH. not_found says how to install it.
  Result<std::string> find_program(const std::string& name) const;
};

Environment read_environment();

}  // namespace davit::cli
