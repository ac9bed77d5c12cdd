#pragma once
#include <string>

#include "base/ids.hpp"

namespace davit {

// Where davitd keeps things; docs/ARCHITECTURE.md "On disk". Absolute.
struct Paths {
  std::string data;
  std::string run;  // sockets; <data>/run in try-out mode

  std::string database() const { return data + "/davit.db"; }
  std::string metrics() const { return data + "/metrics.db"; }
  std::string master_key() const { return data + "/secrets/master.key"; }
  std::string admin_file() const { return data + "/secrets/admin.json"; }
  std::string slugs() const { return data + "/slugs"; }
  std::string builds() const { return data + "/builds"; }
  std::string build_outputs() const { return data + "/build-outputs"; }
  std::string release_outputs() const { return data + "/release-outputs"; }
  std::string caches() const { return data + "/cache"; }
  std::string sources() const { return data + "/sources"; }  // packs and submodules, kept
  std::string uploads() const { return data + "/uploads"; }  // tarballs for builds
  std::string runtimes() const { return data + "/runtimes"; }
  std::string logs() const { return data + "/logs"; }
  std::string scratch() const { return data + "/scratch"; }
  std::string repositories() const { return data + "/repos"; }
  std::string slug(const SlugId& id) const { return slugs() + "/" + id.str(); }
  std::string repository(const AppId& id) const { return repositories() + "/" + id.str() + ".git"; }

  std::string api_socket() const { return run + "/api.sock"; }
  std::string router_socket() const { return run + "/router.sock"; }
  std::string router_table() const { return run + "/routes.json"; }
  std::string dyno_sockets() const { return run + "/dynos"; }
  std::string lock_file() const { return run + "/davitd.lock"; }
  std::string state_file() const { return run + "/davitd.json"; }
};

}  // namespace davit
