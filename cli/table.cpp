#include "cli/table.hpp"

#include <algorithm>

#include "cli/text.hpp"

namespace davit::cli {

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void Table::row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    // Colours are ours and were put in by paint(); everything else that controls is taken out.
    cell = safe_for_terminal(cell);
    std::replace(cell.begin(), cell.end(), '\n', ' ');
    std::replace(cell.begin(), cell.end(), '\t', ' ');
  }
  rows_.push_back(std::move(cells));
}

void Table::print(Terminal& terminal) const {
  std::vector<std::size_t> widths;
  const auto measure = [&widths](const std::vector<std::string>& cells) {
    if (widths.size() < cells.size()) widths.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(cells[i]));
    }
  };
  measure(titles_);
  for (const auto& cells : rows_) measure(cells);

  const auto line = [&](const std::vector<std::string>& cells, Colour colour) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += terminal.paint(colour, cells[i]);
      if (i + 1 < cells.size()) text.append(widths[i] - display_width(cells[i]) + 2, ' ');
    }
    terminal.print(text);
  };
  if (!titles_.empty()) line(titles_, Colour::bold);
  for (const auto& cells : rows_) line(cells, Colour::none);
}

void print_fields(Terminal& terminal,
                  const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, display_width(name));
  for (const auto& [name, value] : fields) {
    const std::string gap(width - display_width(name) + 1, ' ');
    terminal.print(terminal.paint(Colour::cyan, name) + ":" + gap + value);
  }
}

}  // namespace davit::cli
