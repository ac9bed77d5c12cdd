#include "cli/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

std::string_view code(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::bold: return "1";
    case Colour::dim: return "2";
    case Colour::red: return "31";
    case Colour::green: return "32";
    case Colour::yellow: return "33";
    case Colour::blue: return "34";
    case Colour::magenta: return "35";
    case Colour::cyan: return "36";
  }
  return "";
}

void put(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

// Echo off while it lives. Signals off too, so that Ctrl-C comes as a byte and the echo is always
// put back.
class HiddenInput {
 public:
  explicit HiddenInput(int fd) : fd_(fd), known_(::tcgetattr(fd, &before_) == 0) {
    if (!known_) return;
    termios hidden = before_;
    hidden.c_lflag &= static_cast<tcflag_t>(~(ECHO | ISIG | ICANON));
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    ::tcsetattr(fd, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() {
    if (known_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  int fd_;
  termios before_{};
  bool known_;
};

Result<UniqueFd> open_tty() {
  UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) {
    return fail(Errc::invalid_argument, "there is no terminal to ask on; give it as an option");
  }
  return tty;
}

constexpr std::size_t answer_bytes_max = 1024;

Result<std::string> read_answer(int fd) {
  std::string answer;
  char c = 0;
  while (::read(fd, &c, 1) == 1) {
    if (c == '\n' || c == '\r') return answer;
    if (c == 3 || c == 4) break;  // Ctrl-C, Ctrl-D as bytes
    if (c == 127 || c == 8) {
      if (!answer.empty()) answer.pop_back();
    } else if (answer.size() < answer_bytes_max) {
      answer += c;
    }
  }
  return fail(Errc::cancelled, "no answer");
}

void ask_on(int fd, std::string_view question) {
  const std::string text = std::string(question) + ": ";
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
}

}  // namespace

Terminal::Terminal(std::FILE* out, std::FILE* err, const Environment& environment)
    : out_(out),
      err_(err),
      out_terminal_(::isatty(::fileno(out)) == 1),
      err_terminal_(::isatty(::fileno(err)) == 1) {
  const bool wanted = environment.get("NO_COLOR").empty() && environment.get("TERM") != "dumb";
  out_colour_ = out_terminal_ && wanted;
  err_colour_ = err_terminal_ && wanted;
}

std::string Terminal::paint_if(bool on, Colour colour, std::string_view text) const {
  if (!on || colour == Colour::none) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code(colour), text);
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  return paint_if(out_colour_, colour, text);
}

std::string Terminal::app(std::string_view name) const {
  return paint_if(err_colour_, Colour::magenta, fmt::format("⬢ {}", one_line(name)));
}

void Terminal::print(std::string_view text) {
  if (out_terminal_) {
    put(out_, safe_for_terminal(text));
  } else {
    put(out_, text);
  }
  put(out_, "\n");
}

void Terminal::write(std::string_view text) {
  if (out_terminal_) {
    put(out_, safe_for_terminal(text));
  } else {
    put(out_, text);
  }
  std::fflush(out_);
}

void Terminal::header(std::string_view text) {
  print(paint(Colour::dim, "===") + " " + paint(Colour::bold, one_line(text)));
}

void Terminal::note(std::string_view text) {
  std::fflush(out_);
  put(err_, err_terminal_ ? safe_for_terminal(text) : std::string(text));
  put(err_, "\n");
}

void Terminal::prefixed(Colour colour, std::string_view text) {
  std::fflush(out_);
  for (const std::string& line : split_lines(text)) {
    put(err_, err_terminal_ ? paint_if(err_colour_, colour, " ▸    ") : std::string(" !    "));
    put(err_, safe_for_terminal(line));
    put(err_, "\n");
  }
}

void Terminal::warning(std::string_view text) { prefixed(Colour::yellow, text); }
void Terminal::error(std::string_view text) { prefixed(Colour::red, text); }

Result<std::string> Terminal::ask(std::string_view question) {
  auto tty = open_tty();
  if (!tty) return tty.error();
  ask_on(tty->get(), question);
  return read_answer(tty->get());
}

Result<std::string> Terminal::ask_hidden(std::string_view question) {
  auto tty = open_tty();
  if (!tty) return tty.error();
  ask_on(tty->get(), question);
  const HiddenInput hidden(tty->get());
  auto answer = read_answer(tty->get());
  [[maybe_unused]] const auto written = ::write(tty->get(), "\n", 1);
  return answer;
}

Progress::Progress(Terminal& terminal, std::string_view what) : terminal_(terminal) {
  put(terminal_.err(), what);
  put(terminal_.err(), "... ");
  std::fflush(terminal_.err());
}

Progress::~Progress() {
  if (open_) put(terminal_.err(), "!\n");
}

void Progress::done(std::string_view outcome) {
  open_ = false;
  put(terminal_.err(), safe_for_terminal(outcome));
  put(terminal_.err(), "\n");
}

}  // namespace davit::cli
