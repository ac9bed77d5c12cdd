#include "server/daemon/sources_settings.hpp"

#include "base/log.hpp"
#include "server/build/buildpacks.hpp"
#include "server/sources/limits.hpp"

namespace davit {

sources::SourcesConfig sources_config(const Options& options) {
  sources::SourcesConfig config;
  config.folder = options.paths.sources();
  config.environment = options.build_environment;
  config.allow = options.sources.allow;
  config.bytes_max = options.sources.disk_bytes.value_or(sources::limits::shelf_bytes_max);
  config.rules.plain_http = options.sources.plain_http;
  config.rules.local = options.sources.local;
  config.rules.names = options.buildpack_names;
  const auto bundled = build::bundled_packs(options.buildpacks);
  if (!bundled) log::error("no bundled buildpacks", {{"error", bundled.error().message}});
  if (bundled) {
    for (const build::Pack& pack : *bundled) config.rules.bundled.insert(pack.name);
  }
  return config;
}

}  // namespace davit
