#pragma once
#include <gtest/gtest.h>

#include "store/database.hpp"
#include "store/stores.hpp"
#include "store/vault.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit::store {

// A real database in a folder of its own, with a user and an app.
class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    open();
    user_ = add_user("ada@example.com");
    app_ = add_app("blog");
  }

  void open() {
    auto vault = Vault::open(dir_.str("secrets/master.key"));
    ASSERT_TRUE(vault) << vault.error().message;
    vault_ = std::move(*vault);
    auto database = Database::open(dir_.str("davit.db"), *vault_);
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
    stores_ = std::make_unique<Stores>(*database_);
  }
  void close() {
    stores_.reset();
    database_.reset();
    vault_.reset();
  }
  void reopen() {
    close();
    open();
  }

  UserId add_user(const std::string& email) {
    User user;
    user.id = UserId::make(random_);
    user.email = email;
    user.password_hash = "$argon2id$v=19$not-a-real-one";
    user.created_at = now();
    EXPECT_TRUE(stores_->users.add(user));
    return user.id;
  }
  App new_app(const std::string& name) {
    App app;
    app.id = AppId::make(random_);
    app.name = *AppName::parse(name);
    app.owner = user_;
    app.created_at = app.updated_at = now();
    return app;
  }
  AppId add_app(const std::string& name) {
    const auto app = stores_->apps.create(new_app(name), ReleaseId::make(random_));
    EXPECT_TRUE(app) << app.error().message;
    return app->id;
  }
  Slug new_slug() {
    Slug slug;
    slug.id = SlugId::make(random_);
    slug.app = app_;
    slug.commit = commit();
    slug.buildpack = "nodejs";
    slug.bytes = 1'234'567;
    slug.processes = {{"web", "node server.js"}};
    slug.created_at = now();
    return slug;
  }
  SlugId add_slug() {
    const Slug slug = new_slug();
    EXPECT_TRUE(stores_->slugs.add(slug));
    return slug.id;
  }
  Release new_release(std::optional<SlugId> slug = {}, Status status = Status::succeeded) {
    Release release;
    release.id = ReleaseId::make(random_);
    release.app = app_;
    release.description = "Deploy 1a2b3c4d";
    release.user = user_;
    release.slug = std::move(slug);
    release.status = status;
    release.created_at = release.updated_at = now();
    return release;
  }
  Release add_release(std::optional<SlugId> slug = {}, Status status = Status::succeeded) {
    auto release = stores_->releases.append(new_release(std::move(slug), status));
    EXPECT_TRUE(release) << release.error().message;
    return std::move(*release);
  }
  Build new_build() {
    Build build;
    build.id = BuildId::make(random_);
    build.app = app_;
    build.user = user_;
    build.commit = commit();
    build.ref = "refs/heads/main";
    build.created_at = build.updated_at = now();
    return build;
  }
  DynoRecord new_dyno(const ReleaseId& release) {
    DynoRecord dyno;
    dyno.id = DynoId::make(random_);
    dyno.app = app_;
    dyno.name = *DynoName::parse("web.1");
    dyno.release = release;
    dyno.port = 31'000;
    dyno.command = "node server.js";
    dyno.created_at = now();
    return dyno;
  }
  static CommitId commit() { return *CommitId::parse("0123456789abcdef0123456789abcdef01234567"); }
  WallTime now() {
    clock_.advance(std::chrono::microseconds(1'000'001));
    return clock_.wall();
  }

  test::TempDir dir_;
  test::FakeClock clock_;
  test::SeededRandom random_{1};
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Stores> stores_;
  UserId user_;
  AppId app_;
};

}  // namespace davit::store
