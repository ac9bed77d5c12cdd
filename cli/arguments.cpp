#include "cli/arguments.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

namespace davit::cli {
namespace {

std::string shown(std::string names) {
  const auto comma = names.find(',');
  if (comma != std::string::npos) names.insert(comma + 1, " ");
  return names;
}

// CLI11 takes a word in brackets for a list. No argument of ours is one, so such a word is a
// mistake.
bool looks_like_list(const std::string& word) {
  return word.size() >= 2 && word.front() == '[' && word.back() == ']';
}

}  // namespace

struct Arguments::Impl {
  CLI::App app;
};

Arguments::Arguments() : impl_(std::make_unique<Impl>()) { impl_->app.set_help_flag(); }
Arguments::~Arguments() = default;

void Arguments::argument(const std::string& name, std::string& into, const std::string& help,
                         Need need) {
  impl_->app.add_option(name, into)->required(need == Need::required);
  argument_entries_.push_back({name, help});
}

void Arguments::arguments(const std::string& name, std::vector<std::string>& into,
                          const std::string& help, Need need) {
  impl_->app.add_option(name, into)->required(need == Need::required);
  argument_entries_.push_back({name + "...", help});
}

void Arguments::command(const std::string& name, std::vector<std::string>& into,
                        const std::string& help, Need need) {
  impl_->app.prefix_command();
  command_ = &into;
  command_need_ = need;
  argument_entries_.push_back({name + "...", help});
}

Result<> Arguments::take_command() {
  auto words = impl_->app.remaining();
  const bool marked = !words.empty() && words.front() == "--";
  if (marked) words.erase(words.begin());
  if (!marked && !words.empty() && words.front().starts_with('-')) {
    return fail(Errc::invalid_argument,
                "Unexpected option: {}. A command that begins with a dash comes after --",
                words.front());
  }
  if (words.empty() && command_need_ == Need::required) {
    return fail(Errc::invalid_argument, "Missing required argument: COMMAND");
  }
  *command_ = std::move(words);
  return {};
}

void Arguments::option(const std::string& names, const std::string& metavar, std::string& into,
                       const std::string& help) {
  impl_->app.add_option(names, into);
  option_entries_.push_back({shown(names) + " " + metavar, help});
}

void Arguments::number(const std::string& names, const std::string& metavar, int& into,
                       std::pair<int, int> range, const std::string& help) {
  impl_->app.add_option(names, into)->check(CLI::Range(range.first, range.second));
  option_entries_.push_back({shown(names) + " " + metavar, help});
}

void Arguments::flag(const std::string& names, bool& into, const std::string& help) {
  impl_->app.add_flag(names, into);
  option_entries_.push_back({shown(names), help});
}

Result<> Arguments::parse(std::vector<std::string> words) {
  for (const std::string& word : words) {
    if (command_ == nullptr && looks_like_list(word)) {
      return fail(Errc::invalid_argument, "'{}' is not understood", word);
    }
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants a vector
  try {
    impl_->app.parse(std::move(words));
  } catch (const CLI::ExtrasError& error) {
    return fail(Errc::invalid_argument, "Unexpected argument: {}", error.what());
  } catch (const CLI::RequiredError& error) {
    return fail(Errc::invalid_argument, "Missing required argument: {}", error.what());
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_argument, "{}", error.what());
  }
  if (command_ != nullptr) return take_command();
  return {};
}

}  // namespace davit::cli
