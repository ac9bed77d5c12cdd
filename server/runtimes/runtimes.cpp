#include "server/runtimes/runtimes.hpp"

#include <boost/asio/thread_pool.hpp>

#include "base/copy_tree.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/run_abandonable.hpp"
#include "base/run_blocking.hpp"
#include "server/runtimes/choice.hpp"
#include "server/runtimes/distribution.hpp"
#include "server/runtimes/download.hpp"
#include "server/runtimes/folder_version.hpp"

namespace davit::runtimes {
namespace {

class TheRuntimes final : public Runtimes {
 public:
  TheRuntimes(RuntimesConfig config, const Clock& clock, Random& random)
      : config_(std::move(config)),
        clock_(clock),
        store_(config_.folder, clock, random),
        downloads_(config_.mirrors, config_.environment, clock, store_, stop_.get_token()) {
    asio::post(thread_, [this] { store_.clean_leftovers(); });
  }
  ~TheRuntimes() override {
    stop();
    thread_.join();
  }

  Task<Result<std::vector<Runtime>>> choose(Choice choice, OutputSink& output) override {
    std::vector<Runtime> chosen;
    for (const Wish& wish : choice.wishes) {
      const auto last = choice.last.find(std::string(wish.language->name));
      const auto had = last == choice.last.end() ? std::optional<Version>() : last->second;
      auto runtime = co_await choose_one(wish, had, choice.found, output);
      if (!runtime) co_return std::move(runtime).error();
      chosen.push_back(std::move(*runtime));
    }
    co_return chosen;
  }

  bool uses_distribution() const override { return config_.use_distribution; }

  Task<std::vector<Stored>> list() override {
    auto job = [this] { return store_.list_with_sizes(); };
    co_return co_await run_blocking(thread_, std::move(job));
  }

  Task<Result<Stored>> download(const Language& language, std::string range) override {
    auto job = [this, &language, range = std::move(range)] {
      return download_now(language, range);
    };
    co_return co_await run_blocking(thread_, std::move(job));
  }

  Task<Result<Stored>> copy_folder(const Language& language, std::string folder,
                                   std::string version) override {
    auto job = [this, &language, folder = std::move(folder), version = std::move(version)] {
      return copy_now(language, folder, version);
    };
    co_return co_await run_blocking(thread_, std::move(job));
  }

  Task<Result<>> remove(const Language& language, Version version) override {
    auto job = [this, name = std::string(language.name), version = std::move(version)] {
      return store_.remove(name, version);
    };
    co_return co_await run_blocking(thread_, std::move(job));
  }

  Task<> sweep(std::set<RuntimeName> referenced) override {
    auto job = [this, referenced = std::move(referenced)] {
      return store_.sweep(referenced, config_.bytes_max);
    };
    const auto gone = co_await run_blocking(thread_, std::move(job));
    for (const auto& [language, version] : gone) {
      log::info("runtime removed", {{"language", language}, {"version", version}});
    }
  }

  bool has_changed(const std::string& executable, const std::string& identity) const override {
    return identity_of(config_.stack, executable) != identity;
  }

  void stop() override { stop_.request_stop(); }

 private:
  struct Plan {
    Ask ask;
    std::optional<Runtime> runtime;
    std::optional<Candidate> candidate;  // to be downloaded first
  };

  Task<Result<Runtime>> choose_one(Wish wish, std::optional<Version> last, std::vector<Found> found,
                                   OutputSink& output) {
    const Language& language = *wish.language;
    auto job = [this, wish, last, found = std::move(found)] { return plan(wish, last, found); };
    auto planned = co_await run_abandonable(thread_, std::move(job));
    if (!planned) co_return std::move(planned).error();
    Plan the_plan = std::move(*planned);
    if (the_plan.candidate) {
      std::string line = fmt::format("       Downloading {} {} from {}\n", language.title,
                                     the_plan.candidate->version.str(), the_plan.candidate->source);
      co_await output.write(std::move(line));
      auto install = [this, &language, candidate = *the_plan.candidate] {
        return install_now(language, candidate);
      };
      const auto installed = co_await run_abandonable(thread_, std::move(install));
      if (!installed) co_return installed.error();
      the_plan.runtime = Runtime{
          std::string(language.name), the_plan.candidate->version.str(), Origin::store, {}, {}};
    }
    complete(*the_plan.runtime, language);
    std::string text = told(the_plan, language);
    co_await output.write(std::move(text));
    co_return std::move(*the_plan.runtime);
  }

  std::string told(const Plan& plan, const Language& language) const {
    std::string text =
        fmt::format("       {} {}: {}{}\n", language.title, plan.runtime->version, plan.ask.text,
                    plan.runtime->origin == Origin::distribution ? " (the distribution's)" : "");
    const auto version = Version::parse(plan.runtime->version);
    if (!version) return text;
    for (const std::string& line : warnings(plan.ask, *version, clock_.wall())) {
      text += " !     " + line + "\n";
    }
    return text;
  }

  Result<Plan> plan(const Wish& wish, const std::optional<Version>& last,
                    const std::vector<Found>& found) {
    auto first = make_ask(wish, last, clock_.wall());
    if (!first) return std::move(first).error();
    const Shelf shelf{store_.list(), config_.use_distribution ? found : std::vector<Found>()};
    std::vector<Ask> asks = weaker_asks(*first, clock_.wall());
    asks.insert(asks.begin(), *first);
    std::vector<std::string> failures;
    // Who asks for nothing, and had nothing, is served from here before anything is downloaded.
    if (!first->wished && !last) {
      for (const Ask& ask : asks) {
        if (auto plan = from_shelf(ask, shelf)) return std::move(*plan);
      }
    }
    for (const Ask& ask : asks) {
      if (auto plan = from_shelf(ask, shelf)) return std::move(*plan);
      auto offer = downloads_.find(ask);
      if (offer.candidate) return Plan{ask, {}, std::move(offer.candidate)};
      if (failures.empty()) failures = std::move(offer.failures);
    }
    return nothing_found(*first, shelf, failures);
  }

  std::optional<Plan> from_shelf(const Ask& ask, const Shelf& shelf) const {
    auto runtime = pick(ask, shelf);
    if (!runtime) return std::nullopt;
    if (runtime->origin == Origin::store) {
      store_.mark_used(runtime->language, *Version::parse(runtime->version));
    }
    return Plan{ask, std::move(runtime), {}};
  }

  void complete(Runtime& runtime, const Language& language) const {
    if (runtime.origin == Origin::distribution) {
      runtime.identity = identity_of(config_.stack, runtime.executable);
    } else {
      runtime.executable = fmt::format("{}/{}/{}/{}", config_.inside, runtime.language,
                                       runtime.version, language.executable);
    }
  }

  // Somebody else may have wanted the same a moment ago.
  Result<> install_now(const Language& language, const Candidate& candidate) {
    const auto installed = downloads_.install(language, candidate);
    if (installed || installed.error().code == Errc::conflict) return {};
    return fail(installed.error().code,
                "{} {} could not be downloaded: {}.\nTry again, or ask the "
                "server's admin for `davit admin runtimes:add`.",
                language.title, candidate.version.str(), installed.error().message);
  }

  Result<Stored> download_now(const Language& language, const std::string& range) {
    const auto ask = make_ask({&language, range, "the range"}, std::nullopt, clock_.wall());
    if (!ask) return ask.error();
    auto offer = downloads_.find(*ask);
    if (!offer.candidate) return nothing_found(*ask, {store_.list(), {}}, offer.failures);
    DAVIT_TRY(install_now(language, *offer.candidate));
    return pinned(language, offer.candidate->version);
  }

  Result<Stored> copy_now(const Language& language, const std::string& folder,
                          const std::string& named) {
    const auto real = check_folder(folder);
    if (!real) return real.error();
    std::optional<Version> version = Version::parse(named);
    if (!named.empty() && !version) {
      return fail(Errc::invalid_argument, "\"{}\" is no version; write it like 22.11.0", named);
    }
    if (!version) {
      auto read = version_of_folder(language, *real);
      if (!read) return std::move(read).error();
      version = *read;
    }
    const auto fill = [&](const std::string& target) -> Result<> {
      DAVIT_TRY(remove_tree(target));
      DAVIT_TRY(copy_tree(*real, target));
      return tidy_up(language, target);
    };
    DAVIT_TRY(store_.add(std::string(language.name), *version, fill));
    return pinned(language, *version);
  }

  Result<Stored> pinned(const Language& language, const Version& version) {
    const std::string name(language.name);
    DAVIT_TRY(store_.pin(name, version));
    store_.mark_used(name, version);
    const auto bytes = tree_bytes(store_.path_of(name, version));
    return Stored{name, version, true, clock_.wall(), bytes ? *bytes : 0};
  }

  const RuntimesConfig config_;
  const Clock& clock_;
  std::stop_source stop_;
  StoreFolder store_;
  Downloads downloads_;
  asio::thread_pool thread_{1};
};

}  // namespace

std::unique_ptr<Runtimes> make_runtimes(RuntimesConfig config, const Clock& clock, Random& random) {
  return std::make_unique<TheRuntimes>(std::move(config), clock, random);
}

}  // namespace davit::runtimes
