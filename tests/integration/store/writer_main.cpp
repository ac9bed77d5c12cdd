// Writes releases for as long as it lives and says each one's version and id once its call has
// returned. Killed by durability_test at any moment.
#include <cstdio>

#include "base/files.hpp"
#include "base/random.hpp"
#include "store/database.hpp"
#include "store/stores.hpp"
#include "store/vault.hpp"

namespace davit {
namespace {

Result<store::App> the_app(store::Stores& stores, Random& random) {
  if (const auto apps = stores.apps.list(); !apps.empty()) return apps.front();
  store::Transaction transaction(stores.database);
  store::User user;
  user.id = UserId::make(random);
  user.email = "ada@example.com";
  DAVIT_TRY(stores.users.add(user));
  store::App app;
  app.id = AppId::make(random);
  app.name = *AppName::parse("blog");
  app.owner = user.id;
  auto made = stores.apps.create(app, ReleaseId::make(random));
  transaction.commit();
  return made;
}

Result<> write_forever(const std::string& folder) {
  SystemRandom random;
  const auto vault = store::Vault::open(folder + "/master.key");
  if (!vault) return vault.error();
  const auto database = store::Database::open(folder + "/davit.db", **vault);
  if (!database) return database.error();
  store::Stores stores(**database);
  const auto app = the_app(stores, random);
  if (!app) return app.error();
  for (;;) {
    store::Release release;
    release.id = ReleaseId::make(random);
    release.app = app->id;
    release.user = app->owner;
    release.config = {{"KEY", release.id.str()}};
    const auto written = stores.releases.append(release);
    if (!written) return written.error();
    DAVIT_TRY(write_all(1, fmt::format("{} {}\n", written->version, written->id.str())));
  }
}

}  // namespace
}  // namespace davit

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto done = davit::write_forever(argv[1]);
  std::fprintf(stderr, "%s\n", done ? "" : done.error().message.c_str());
  return 1;
}
