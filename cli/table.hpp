#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cli/terminal.hpp"

namespace davit::cli {

// Columns aligned to their widest cell, two spaces between, nothing after the last. Cells are one
// line each.
class Table {
 public:
  explicit Table(std::vector<std::string> titles = {});  // no titles: no title row
  void row(std::vector<std::string> cells);
  void print(Terminal& terminal) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

// "Key:   value" lines, values aligned. Values may have several lines: they are printed as they
// are.
void print_fields(Terminal& terminal,
                  const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace davit::cli
