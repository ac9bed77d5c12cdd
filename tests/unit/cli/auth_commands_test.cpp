#include <gmock/gmock.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "api_server.hpp"
#include "base/encoding.hpp"
#include "base/files.hpp"
#include "davit_program.hpp"

namespace davit::test {
namespace {

using testing::HasSubstr;

Answer answer_about_login(const SeenRequest& request) {
  const std::string at = request.method + " " + request.target;
  const auto authorization = request.fields.find("authorization");
  const std::string who = authorization == request.fields.end() ? "" : authorization->second;
  if (at == "POST /oauth/authorizations") {
    if (who == "Basic " + base64_encode("me@example.com:pass word")) {
      return {201, R"({"access_token":{"token":"key-1"},"user":{"email":"me@example.com"}})"};
    }
    return {401, R"({"id":"unauthorized","message":"Invalid credentials provided."})"};
  }
  if (who != "Bearer key-1")
    return {401, R"({"id":"unauthorized","message":"Invalid credentials provided."})"};
  if (at == "GET /account") return {200, R"({"email":"me@example.com"})"};
  if (at == "DELETE /oauth/sessions/~")
    return {404, R"({"id":"not_found","message":"no session"})"};
  return {404, R"({"id":"not_found","message":"Couldn't find that."})"};
}

class AuthCommands : public testing::Test {
 protected:
  Ended log_in() {
    return davit_.run(
        {"login", "--url", server_.url(), "--email", "me@example.com", "--password-stdin"},
        "pass word\n");
  }
  std::string ask_git(const std::string& url) {
    const auto slashes = url.find("://");
    return davit_
        .git({"credential", "fill"},
             "protocol=" + url.substr(0, slashes) + "\nhost=" + url.substr(slashes + 3) + "\n\n")
        .out;
  }
  ApiServer server_{answer_about_login};
  DavitProgram davit_;
};

TEST_F(AuthCommands, LoginStoresAKeyThatOnlyTheUserCanRead) {
  const auto ended = log_in();
  ASSERT_EQ(ended.status, 0) << ended.err;
  struct stat info {};
  const std::string file = davit_.home() + "/.config/davit/credentials.json";
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_EQ(read_file(file, 10'000)->find("pass word"), std::string::npos);
  EXPECT_EQ(davit_.run({"auth:whoami"}).out, "me@example.com\n");
  EXPECT_EQ(davit_.run({"auth:token"}).out, "key-1\n");
}

TEST_F(AuthCommands, AWrongPasswordSaysSoAndStoresNothing) {
  const auto ended =
      davit_.run({"login", "--url", server_.url(), "--email", "me@example.com", "--password-stdin"},
                 "wrong\n");
  EXPECT_EQ(ended.status, 100);
  EXPECT_THAT(ended.err, HasSubstr("does not know this e-mail address and password"));
  EXPECT_EQ(davit_.run({"auth:whoami"}).status, 100);
}

TEST_F(AuthCommands, GitGetsTheKeyForThisServerAndForNoOther) {
  ASSERT_EQ(log_in().status, 0);
  EXPECT_THAT(ask_git(server_.url()), HasSubstr("password=key-1\n"));
  EXPECT_EQ(davit_.run({"git:credentials", "get"}, "protocol=https\nhost=evil.example.com\n").out,
            "");
  // Same host, other scheme: not the server that was logged in to.
  EXPECT_EQ(
      davit_
          .run({"git:credentials", "get"}, "protocol=https\nhost=" + server_.url().substr(7) + "\n")
          .out,
      "");
}

TEST_F(AuthCommands, LogoutForgetsTheKeyAndTheHelper) {
  ASSERT_EQ(log_in().status, 0);
  const auto ended = davit_.run({"logout"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(davit_.run({"auth:whoami"}).status, 100);
  EXPECT_THAT(*read_file(davit_.home() + "/.gitconfig", 10'000),
              testing::Not(HasSubstr("git:credentials")));
}

// A repository may come from anywhere, and its config may name any server as the remote "davit".
TEST_F(AuthCommands, AKeyFromTheEnvironmentDoesNotGoToAServerThatOnlyARemoteNames) {
  davit_.git({"init", "-q"});
  davit_.git({"remote", "add", "davit", server_.url() + "/blog.git"});
  davit_.env["DAVIT_API_KEY"] = "precious";
  const auto ended = davit_.run({"ps"});
  EXPECT_EQ(ended.status, 100);
  EXPECT_THAT(ended.err, HasSubstr("DAVIT_URL"));
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(AuthCommands, ABrokenCredentialsFileIsNamed) {
  const std::string folder = davit_.home() + "/.config/davit";
  ASSERT_TRUE(make_directories(folder, 0700));
  ASSERT_TRUE(write_file_atomic(folder + "/credentials.json", "{", 0600));
  const auto ended = davit_.run({"apps"});
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.err, HasSubstr("credentials.json"));
}

}  // namespace
}  // namespace davit::test
