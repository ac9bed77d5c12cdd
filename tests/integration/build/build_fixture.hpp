#pragma once
#include <gtest/gtest.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/build/build.hpp"
#include "server/build/build_run.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/runtimes/runtimes.hpp"
#include "server/sources/sources.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::build {

// Cancels the build, or does something else, once its output holds a text.
class WatchingSink final : public OutputSink {
 public:
  Task<> write(std::string bytes) override;
  std::string text;
  std::string cancel_at;
  std::string watch_for;
  std::function<void()> then;
  asio::cancellation_signal cancel;
};

// Real builds: real git, real davit-dyno, real packs, in a folder of their own.
class BuildFixture : public ::testing::Test {
 protected:
  BuildFixture();
  ~BuildFixture() override;

  void write(const std::string& name, std::string_view content, int mode = 0644);  // below the app
  void use_app(const std::string& name);  // copies tests/apps/<name>
  CommitId commit();                      // what is in the app's folder
  // A pack of the test's own, and the only one in detection order unless more are made.
  void pack(const std::string& name, std::string_view compile, std::string_view release = {},
            std::string_view detect = "#!/bin/sh\necho Trait\n");

  Result<Slug> build();
  Result<Slug> build_chain(
      const std::vector<std::string>& packs);  // set packs instead of detection
  std::string slug_file(const Slug& slug, const std::string& name) const;
  std::filesystem::path cache() const;
  // Build folders, and scripts of ours that still run. Waits until there is none, with a deadline.
  bool nothing_left();

  test::TempDir dir_;
  test::SeededRandom random_{7};
  SystemClock clock_;
  asio::io_context io_{1};
  asio::thread_pool pool_{2};
  std::unique_ptr<dynos::Launcher> launcher_;
  BuildConfig config_;
  sources::SourcesConfig sources_config_;
  runtimes::RuntimesConfig runtimes_config_;  // every source off: what this machine brings
  std::map<std::string, runtimes::Version> last_runtimes_;
  AppId app_ = AppId::make(random_);
  std::map<std::string, std::string> app_config_;
  std::optional<SlugId> last_slug_;
  std::string report_;  // of the last build
  WatchingSink output_;

 private:
  BuildRequest request();
  Result<Slug> run(Task<Result<Slug>> task);
  void git(std::vector<std::string> arguments);
  std::vector<std::string> order_;
};

}  // namespace davit::build
