#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace davit::cli {

enum class Need { optional, required };

// One command's line: what it takes, how it is explained, how it is read. Variables outlive
// parse().
class Arguments {
 public:
  Arguments();
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // Names are shown in capitals. An argument comes in the order of declaration; a list is the last.
  void argument(const std::string& name, std::string& into, const std::string& help,
                Need need = Need::optional);
  void arguments(const std::string& name, std::vector<std::string>& into, const std::string& help,
                 Need need = Need::optional);
  // Everything from the first word on that is no option of ours: a program and what is for it
  // alone.
  void command(const std::string& name, std::vector<std::string>& into, const std::string& help,
               Need need);
  // names: "-a,--app"; metavar "APP".
  void option(const std::string& names, const std::string& metavar, std::string& into,
              const std::string& help);
  void number(const std::string& names, const std::string& metavar, int& into,
              std::pair<int, int> range, const std::string& help);
  void flag(const std::string& names, bool& into, const std::string& help);

  // invalid_argument: one sentence.
  Result<> parse(std::vector<std::string> words);

  struct Entry {
    std::string form;  // "-a, --app APP"
    std::string help;
  };
  const std::vector<Entry>& argument_entries() const { return argument_entries_; }
  const std::vector<Entry>& option_entries() const { return option_entries_; }

 private:
  Result<> take_command();
  struct Impl;  // CLI11, kept out of every other file: it takes seconds to compile
  std::unique_ptr<Impl> impl_;
  std::vector<std::string>* command_ = nullptr;
  Need command_need_ = Need::optional;
  std::vector<Entry> argument_entries_;
  std::vector<Entry> option_entries_;
};

}  // namespace davit::cli
