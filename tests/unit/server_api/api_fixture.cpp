#include "tests/unit/server_api/api_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include "server/auth/secrets.hpp"

namespace davit::test {

std::unique_ptr<sources::Sources> ApiTest::make_sources() {
  sources::SourcesConfig config;
  config.folder = dir_.str("sources");
  config.rules.bundled = {"nodejs"};
  return sources::make_sources(std::move(config)).value();
}

ApiTest::ApiTest(api::Options options)
    : vault_(store::Vault::open(dir_.str("key")).value()),
      database_(store::Database::open(dir_.str("davit.db"), *vault_).value()),
      stores_(*database_),
      thread_(stores_),
      authenticator_(io_.get_executor(), thread_, workers_, clock_, random_),
      releases_(thread_, clock_, random_),
      logs_(io_.get_executor()),
      api_(api::Services{io_.get_executor(),
                         thread_,
                         authenticator_,
                         supervisor_,
                         releases_,
                         logs_,
                         lifecycle_,
                         outputs_,
                         release_outputs_,
                         doctor_,
                         metrics_,
                         *runtimes_,
                         *sources_,
                         uploads_,
                         source_builds_,
                         sizes_,
                         clock_,
                         random_,
                         builds_,
                         cron_},
           std::move(options)),
      owner_(add_user("owner@example.org", false)),
      other_(add_user("other@example.org", false)),
      admin_(add_user("admin@example.org", true)) {}

ApiTest::~ApiTest() { workers_.join(); }

std::string ApiTest::add_user(const std::string& email, bool admin) {
  store::User user;
  user.id = UserId::make(random_);
  user.email = email;
  user.password_hash = "none";
  user.admin = admin;
  user.created_at = clock_.wall();
  stores_.users.add(user).value();
  const std::string text = auth::make_token(random_);
  store::Token token;
  token.id = TokenId::make(random_);
  token.user = user.id;
  token.description = "test";
  token.hash = auth::token_hash(text);
  token.created_at = clock_.wall();
  stores_.users.add_token(token).value();
  return text;
}

void ApiTest::run(Task<> task) {
  asio::co_spawn(io_, std::move(task), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io_.restart();
  io_.run();
}

std::unique_ptr<MemoryExchange> ApiTest::exchange_for(const Ask& request) {
  http::Request made;
  made.method = request.method;
  made.target = request.target;
  const auto mark = std::min(request.target.find('?'), request.target.size());
  made.path = request.target.substr(0, mark);
  made.query = request.target.substr(std::min(mark + 1, request.target.size()));
  for (const auto& [name, value] : request.fields) made.fields.add(name, value);
  const std::string& token = request.token.empty() ? owner_ : request.token;
  if (token != "-" && !made.fields.has("Authorization")) {
    made.fields.add("Authorization", "Bearer " + token);
  }
  return std::make_unique<MemoryExchange>(std::move(made), request.body);
}

Answer ApiTest::ask(Ask request) {
  const auto exchange = exchange_for(request);
  run(api_.handle(*exchange));
  EXPECT_TRUE(exchange->started) << request.method << " " << request.target;
  Answer answer{exchange->head.status, exchange->head.fields, exchange->answer, nullptr};
  if (nlohmann::json::accept(answer.body)) answer.json = nlohmann::json::parse(answer.body);
  return answer;
}

store::App ApiTest::make_app(const std::string& name) {
  const auto made = send("POST", "/apps", {{"name", name}});
  EXPECT_EQ(made.status, 201) << made.body;
  return stores_.apps.find(AppName::parse(name).value()).value();
}

store::Release ApiTest::deploy(const store::App& app, store::ProcessTypes processes) {
  store::Slug slug;
  slug.id = SlugId::make(random_);
  slug.app = app.id;
  slug.commit = CommitId::parse(std::string(40, 'a')).value();
  slug.buildpack = "Node.js";
  slug.bytes = 4096;
  slug.processes = processes;
  slug.created_at = clock_.wall();
  stores_.slugs.add(slug).value();
  auto release = stores_.releases.latest(app.id).value();
  release.id = ReleaseId::make(random_);
  release.description = "Deploy aaaaaaaa";
  release.slug = slug.id;
  release.processes = processes;
  release.status = store::Status::succeeded;
  release.created_at = release.updated_at = clock_.wall();
  return stores_.releases.append(release).value();
}

}  // namespace davit::test
