// A deploy's way from the app's rows to its slug.
#include "server/release/deployment.hpp"

namespace davit::release {
namespace {

std::vector<store::ReleaseRuntime> records_of(const std::vector<runtimes::Runtime>& runtimes) {
  std::vector<store::ReleaseRuntime> records;
  for (const auto& one : runtimes) {
    const char* origin = one.origin == runtimes::Origin::store ? "store" : "distribution";
    records.push_back({one.language, one.version, origin, one.executable, one.identity});
  }
  return records;
}

}  // namespace

Task<Result<build::Slug>> Deployment::build() {
  struct Inputs {
    store::App app;
    store::ConfigVars config;
    std::vector<store::ReleaseRuntime> last;
    std::optional<SlugId> last_slug;
    std::vector<std::string> buildpacks;
    bool first = true;
  };
  auto load = [app_id = request_.app](store::Stores& stores) -> Result<Inputs> {
    auto app = stores.apps.find(app_id);
    if (!app) return std::move(app).error();
    auto configured = stores.releases.configured(app_id);
    if (!configured) return std::move(configured).error();
    auto current = stores.releases.current(app_id);
    Inputs found{std::move(*app), std::move(configured->config), {}, {}, {}};
    found.buildpacks = stores.buildpacks.list(app_id);
    if (current) {
      found.first = !current->slug;
      found.last = std::move(current->runtimes);
      found.last_slug = current->slug;
    }
    return found;
  };
  auto inputs = co_await services_.store.run(std::move(load));
  if (!inputs) co_return std::move(inputs).error();

  build::BuildRequest build;
  build.id = row_.id;
  build.app = request_.app;
  build.name = inputs->app.name;
  build.commit = request_.commit;
  build.repository = request_.repository;
  build.quarantine = request_.quarantine;
  build.config = std::move(inputs->config);
  build.archive = request_.archive;
  if (request_.about.contains("version")) build.version = request_.about.at("version");
  build.buildpacks = request_.buildpacks;
  build.app_buildpacks = std::move(inputs->buildpacks);
  first_ = inputs->first;
  build.deploy = first_ ? app_json::Deploy::first : app_json::Deploy::later;
  build.last_slug = inputs->last_slug;
  build.report = &row_.report;
  if (config_.as_root) build.uid = inputs->app.uid;
  for (const auto& runtime : inputs->last) {
    const auto version = runtimes::Version::parse(runtime.version);
    if (version) build.last_runtimes[runtime.language] = *version;
  }
  auto slug = co_await services_.builder.build(std::move(build), *output_);
  if (slug) loose_slug_ = slug->id;
  if (slug) runtimes_ = records_of(slug->runtimes);
  co_return std::move(slug);
}

}  // namespace davit::release
