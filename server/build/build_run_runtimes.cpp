// How a build gets its runtimes: bin/runtimes says which, davitd finds them, and the steps that
// follow see them.
#include <unistd.h>

#include "server/build/build_run.hpp"
#include "server/build/limits.hpp"
#include "server/runtimes/distribution.hpp"
#include "server/runtimes/limits.hpp"
#include "server/runtimes/wish.hpp"

namespace davit::build {
namespace {

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

// Before compile, and not by a call from it: what a step sees is settled when it starts.
Task<Result<>> BuildRun::choose_runtimes(const Pack& pack) {
  if (::access((pack.source + "/bin/runtimes").c_str(), F_OK) != 0) co_return Result<>();
  const auto text = co_await asked_runtimes(pack);
  if (!text) co_return text.error();
  runtimes::Choice choice;
  auto wishes = runtimes::parse_wishes(*text);
  if (!wishes) co_return std::move(wishes).error();
  for (runtimes::Wish& wish : *wishes) {
    // An earlier pack of the chain has decided on it.
    const bool here = runtimes_.contains(std::string(wish.language->name));
    if (!here) choice.wishes.push_back(std::move(wish));
  }
  if (choice.wishes.empty()) co_return Result<>();
  if (services_.runtimes.uses_distribution()) {
    std::vector<std::string> languages;
    for (const auto& wish : choice.wishes) languages.emplace_back(wish.language->name);
    auto found = co_await look_at_distribution(std::move(languages));
    if (!found) co_return std::move(found).error();
    choice.found = std::move(*found);
  }
  choice.last = request_.last_runtimes;
  co_await say("-----> Choosing runtimes\n");
  auto chosen = co_await services_.runtimes.choose(std::move(choice), output_);
  if (!chosen) co_return std::move(chosen).error();
  for (const runtimes::Runtime& runtime : *chosen) use_runtime(runtime);
  co_return Result<>();
}

Task<Result<std::string>> BuildRun::asked_runtimes(const Pack& pack) {
  CaptureSink answer(runtimes::limits::wishes_bytes_max + 1);
  const PackDirs dirs = dirs_of(pack);
  Step step{runtimes_command(dirs), dirs.pack};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  if (*code == 0) co_return answer.text();
  // It has told the pusher why, in its own words.
  std::string words = answer.text();
  co_await say(std::move(words));
  co_return fail(Errc::invalid_argument, "{}", failed_to_compile());
}

Task<Result<std::vector<runtimes::Found>>> BuildRun::look_at_distribution(
    std::vector<std::string> languages) {
  CaptureSink answer(runtimes::limits::probe_output_bytes_max);
  Step step{runtimes::distribution_probe(languages), paths_.inside(paths_.packs_dir)};
  const auto code = co_await steps_->run(std::move(step), answer);
  if (!code) co_return code.error();
  co_return runtimes::parse_probe(answer.text());
}

void BuildRun::use_runtime(const runtimes::Runtime& runtime) {
  if (runtime.origin == runtimes::Origin::store) {
    const std::string place = "/" + runtime.language + "/" + runtime.version;
    const std::string source = services_.config.runtimes_dir + place;
    const std::string target =
        paths_.host_paths() ? source : std::string(runtimes::inside_folder) + place;
    steps_->add_mount({source, target, dyno::MountMode::read_only});
    steps_->prepend_path(runtime.executable.substr(0, runtime.executable.rfind('/')));
  }
  steps_->set_env("DAVIT_RUNTIME_" + upper(runtime.language), runtime.executable);
  runtimes_.emplace(runtime.language, runtime);
}

}  // namespace davit::build
