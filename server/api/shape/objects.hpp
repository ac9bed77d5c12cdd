#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "server/api/shape/urls.hpp"
#include "server/auth/principal.hpp"
#include "server/release/build_queue.hpp"
#include "server/supervisor/sizes.hpp"
#include "server/supervisor/supervisor.hpp"
#include "store/stores.hpp"

// The Platform API's objects, always whole: clients pick what they need. Pure.
namespace davit::api {

inline constexpr const char* region_name = "local";
inline constexpr const char* stack_name = "davit-1";

struct UserRef {
  std::string id;
  std::string email;
};
using Emails = std::map<UserId, std::string>;
Emails emails_of(const store::Stores& stores);  // store thread
UserRef user_ref(const UserId& id, const Emails& emails);

nlohmann::json region_json();
nlohmann::json stack_json();
nlohmann::json dyno_size_json(const supervisor::DynoSize& size);
nlohmann::json region_ref();
nlohmann::json stack_ref();
nlohmann::json app_ref(const store::App& app);

nlohmann::json account_json(const store::User& user);
// `token`: its text where we have it at this moment; empty where only the hash is left.
nlohmann::json authorization_json(const store::Token& record, const std::string& token,
                                  const UserRef& user, WallTime now);
nlohmann::json user_json(const store::User& user);

struct AppView {
  store::App app;
  UserRef owner;
  std::optional<store::Slug> slug;  // of the current release
};
nlohmann::json app_json(const AppView& view, const PlatformUrls& urls);

struct ReleaseView {
  store::Release release;
  UserRef user;
  bool current = false;
  store::CanaryRecord canary{};  // matters where the release serves as one
  std::string output_url = "";   // where its release command's output is; empty: it has none
};
// Of a canary that serves: its share, and when it is promoted by itself; else null.
nlohmann::json canary_json(const store::Release& release, const store::CanaryRecord& rules);
nlohmann::json release_json(const ReleaseView& view, const store::App& app);

nlohmann::json formation_json(const store::FormationEntry& entry, const std::string& command,
                              const store::App& app);
nlohmann::json dyno_json(const supervisor::DynoView& dyno, const store::App& app);

struct BuildView {
  store::Build build;
  UserRef user;
  std::string output_url;
  std::optional<release::BuildProgress> progress;  // while it goes on
};
nlohmann::json build_json(const BuildView& view);
nlohmann::json domain_json(const store::App& app, const PlatformUrls& urls);
nlohmann::json collaborator_json(const store::App& app, const UserRef& owner);

}  // namespace davit::api
