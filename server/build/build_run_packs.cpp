// How a build runs its packs: detect, compile and release, each a step of its own.
#include <unistd.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdlib>

#include "base/encoding.hpp"
#include "base/run_blocking.hpp"
#include "base/tree_file.hpp"
#include "server/build/build_run.hpp"
#include "server/build/limits.hpp"

namespace davit::build {
namespace {

std::string first_line(std::string_view text) {
  const std::size_t end = text.find_first_of("\r\n");
  return to_valid_utf8(text.substr(0, end));
}

// Of the first line, "0 2 5": the packs whose detect agreed.
std::vector<std::size_t> numbers_of(const std::string& answer, std::size_t below) {
  std::vector<std::size_t> numbers;
  const char* at = answer.c_str();
  while (*at >= '0' && *at <= '9') {
    char* end = nullptr;
    const std::size_t number = std::strtoul(at, &end, 10);
    if (number >= below) return {};
    numbers.push_back(number);
    at = *end == ' ' ? end + 1 : end;
  }
  return numbers;
}

}  // namespace

Task<Result<>> BuildRun::run_packs(Selection selection) {
  if (selection.kind == SelectionKind::automatic) {
    co_await say("-----> Determining which buildpack to use for this app\n");
    std::vector<Pack> packs = std::move(selection.packs);
    const auto detected = co_await detect_any(std::move(packs));
    if (!detected) co_return detected.error();
    co_return co_await compile();
  }
  // A pack may change BUILD_DIR before the next one detects: in turns.
  for (Pack& next : selection.packs) {
    Pack pack = std::move(next);
    const std::string version = pack.version.empty() ? "" : " (" + pack.version.substr(0, 10) + ")";
    co_await say(fmt::format("-----> Using buildpack: {}{}\n", pack.title(), version));
    const auto detected = co_await detect_set(std::move(pack));
    if (!detected) co_return detected.error();
    const auto compiled = co_await compile();
    if (!compiled) co_return compiled.error();
  }
  co_return Result<>();
}

Task<Result<>> BuildRun::detect_any(std::vector<Pack> packs) {
  std::vector<std::string> folders;
  std::string names;
  for (const Pack& pack : packs) {
    folders.push_back(paths_.inside(paths_.pack(pack.name)));
    names += names.empty() ? pack.name : ", " + pack.name;
  }
  CaptureSink answer(limits::detect_output_bytes_max);
  Step step{detect_any_command(paths_.inside(paths_.build_dir), folders),
            paths_.inside(paths_.packs_dir)};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  const auto agreeing = numbers_of(*code == 0 ? answer.text() : "", packs.size());
  if (agreeing.empty()) {
    co_return fail(Errc::invalid_argument,
                   "No default language could be detected for this app.\n"
                   "Looked for, in this order: {}.\n"
                   "Commit the file that names your language at the root of the repository:\n"
                   "package.json for Node.js; requirements.txt or pyproject.toml for Python;\n"
                   "Gemfile, go.mod, Cargo.toml, pom.xml, composer.json, … for the others;\n"
                   "index.html, public/ or static.json for a static site; a Procfile for the rest.",
                   names);
  }
  const std::size_t number = agreeing.front();
  const std::size_t line_end = answer.text().find('\n');
  const std::string_view rest =
      std::string_view(answer.text())
          .substr(line_end == std::string::npos ? answer.text().size() : line_end + 1);
  pack_title_ = first_line(rest);
  if (pack_title_.empty()) pack_title_ = packs[number].name;
  compiled_.push_back(packs[number]);
  co_await say(fmt::format("-----> {} app detected\n", pack_title_));
  std::string others;
  for (std::size_t i = 1; i < agreeing.size(); ++i) {
    const std::string& name = packs[agreeing[i]].name;
    if (!is_catch_all(name)) others += (others.empty() ? "" : ", ") + name;
  }
  if (!others.empty()) {
    co_await say(
        fmt::format(" !     It looks like an app for {} as well; {} comes first in the order.\n"
                    " !     To choose: davit buildpacks:set NAME -a {}\n",
                    others, packs[number].name, request_.name.str()));
  }
  co_return Result<>();
}

Task<Result<>> BuildRun::detect_set(Pack pack) {
  const std::string reasons = paths_.tmp + "/.davit-detect-stderr";
  CaptureSink answer(limits::detect_output_bytes_max);
  const PackDirs dirs = dirs_of(pack);
  Step step{detect_one_command(dirs, paths_.inside(reasons)), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  if (*code != 0) {
    co_await say(fmt::format("-----> App not compatible with buildpack: {}\n", pack.title()));
    auto job = [tmp = paths_.tmp] {
      return read_beneath(tmp, ".davit-detect-stderr", limits::detect_output_bytes_max);
    };
    auto text = co_await run_blocking(services_.pool, std::move(job));
    if (text && *text) co_await say(std::move(**text) + "\n");
    co_await say("More info: `davit buildpacks` lists what is set for this app.\n");
    co_return fail(Errc::invalid_argument,
                   "The buildpack '{}' is set for this app, but its bin/detect refuses the code.",
                   pack.title());
  }
  pack_title_ = first_line(answer.text());
  if (pack_title_.empty()) pack_title_ = pack.name;
  compiled_.push_back(std::move(pack));
  co_await say(fmt::format("-----> {} app detected\n", pack_title_));
  co_return Result<>();
}

Task<Result<>> BuildRun::compile() {
  const Pack current = compiled_.back();
  const auto chosen = co_await choose_runtimes(current);
  if (!chosen) co_return chosen.error();
  const PackDirs dirs = dirs_of(compiled_.back());
  std::vector<std::string> exports;
  for (std::size_t i = 0; i + 1 < compiled_.size(); ++i) {
    exports.push_back(dirs_of(compiled_[i]).pack + "/export");
  }
  Step step{compile_command(dirs, exports), dirs.pack};
  const auto end = co_await steps_->run_to_end(std::move(step), output_);
  if (!end && end.error().code == Errc::cancelled) co_return end.error();
  if (!end) {
    co_await report();
    co_return end.error();
  }
  if (end->code != 0) {
    co_await report();
    std::string text = failed_to_compile();
    if (end->forks_refused > 0) {
      const auto& limits = services_.config.limits;
      text += "\n" + too_many_processes(end->forks_refused, limits).message;
    }
    co_return fail(Errc::invalid_argument, "{}", text);
  }
  const auto released = co_await read_release();
  if (!released) co_return released.error();
  co_await report();
  co_return Result<>();
}

std::string BuildRun::failed_to_compile() const {
  return fmt::format("{}ailed to compile {} app.", request_.pushed() ? "Push rejected, f" : "F",
                     pack_title_);
}

// After compiles that failed too; what it does, prints and fails at is no business of the push.
Task<> BuildRun::report() {
  const Pack& pack = compiled_.back();
  if (::access((pack.source + "/bin/report").c_str(), F_OK) != 0) co_return;
  CaptureSink answer(limits::report_bytes_max);
  const PackDirs dirs = dirs_of(pack);
  Step step{report_command(dirs), dirs.pack, limits::report_time_limit};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code || *code != 0 || request_.report == nullptr) co_return;
  std::string& report = *request_.report;
  std::string text = to_valid_utf8(answer.text());
  std::erase(text, '\0');
  if (report.size() + text.size() > limits::report_bytes_max) co_return;
  if (!report.empty() && !report.ends_with('\n')) report += '\n';
  report += text;
}

// The last pack decides; one without bin/release leaves the word to the one before it.
Task<Result<>> BuildRun::read_release() {
  const Pack& pack = compiled_.back();
  if (::access((pack.source + "/bin/release").c_str(), F_OK) != 0) co_return Result<>();
  CaptureSink answer(limits::release_yaml_bytes_max);
  const PackDirs dirs = dirs_of(pack);
  Step step{release_command(dirs), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  release_ = {};
  if (*code != 0) {
    co_await say(
        fmt::format(" !     bin/release of {} failed with {}: it is ignored.\n", pack.name, *code));
    co_return Result<>();
  }
  auto info = parse_release_yaml(answer.text());
  if (!info) {
    co_await say(fmt::format(" !     {}: it is ignored.\n", info.error().message));
    co_return Result<>();
  }
  release_ = std::move(*info);
  if (release_.has_addons) {
    co_await say("       The buildpack asks for add-ons: create those you need yourself.\n");
  }
  co_return Result<>();
}

}  // namespace davit::build
