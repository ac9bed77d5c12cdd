#pragma once
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/environment.hpp"

namespace davit::cli {

enum class Colour { none, bold, dim, red, green, yellow, blue, magenta, cyan };

// Where the tool speaks. Results go to standard output, everything else to standard error. Colours
// only where that stream is a terminal and NO_COLOR (no-color.org) is unset.
class Terminal {
 public:
  Terminal(std::FILE* out, std::FILE* err, const Environment& environment);

  void print(
      std::string_view text);  // one line of the result; foreign text is made safe for a terminal
  void write(std::string_view text);   // without a newline, sent at once
  void header(std::string_view text);  // "=== text"
  void note(std::string_view text);    // standard error
  void warning(std::string_view text);
  void error(std::string_view text);  // one prefix a line

  std::string paint(Colour colour, std::string_view text) const;  // for print
  std::string app(std::string_view name) const;                   // "⬢ name", for notes
  bool out_is_terminal() const { return out_terminal_; }

  // Asks on the terminal; invalid_argument when there is none, cancelled on Ctrl-C or end of input.
  Result<std::string> ask(std::string_view question);
  Result<std::string> ask_hidden(std::string_view question);

  std::FILE* err() const { return err_; }

 private:
  void prefixed(Colour colour, std::string_view text);
  std::string paint_if(bool on, Colour colour, std::string_view text) const;

  std::FILE* out_;
  std::FILE* err_;
  bool out_terminal_;
  bool err_terminal_;
  bool out_colour_;
  bool err_colour_;
};

// "Creating ⬢ blog... done" on standard error: says at once what is being waited for, and "!" when
// it failed.
class Progress {
 public:
  Progress(Terminal& terminal, std::string_view what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void done(std::string_view outcome = "done");

 private:
  Terminal& terminal_;
  bool open_ = true;
};

}  // namespace davit::cli
