// What no git sends. After each: a clear answer, nothing stored, and the server still works.
#include <gmock/gmock.h>
#include <zlib.h>

#include "server/git/pkt_line.hpp"
#include "server/git/receive_pack.hpp"
#include "tests/integration/git/git_client.hpp"
#include "tests/integration/git/git_server.hpp"
#include "tests/support/http/raw_client.hpp"

namespace davit::test {
namespace {

using git::pkt_line;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* key = "Authorization: Basic eDpzZWNyZXQ=\r\n";

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string create(const std::string& id, const std::string& ref = "refs/heads/main") {
  return pkt_line(std::string(git::zero_id) + " " + id + " " + ref + std::string(1, '\0') +
                  " report-status") +
         "0000";
}

class GitBadInput : public testing::Test {
 protected:
  explicit GitBadInput(git::PushLimits limits = {}) : server_(limits) {}
  ~GitBadInput() override {
    EXPECT_TRUE(server_.nothing_stored());
    git_.init();
    EXPECT_EQ(git_.run({"push", server_.url(), "main"}).code, 0) << "the server still works";
  }
  std::string ask(const std::string& request) {
    auto client = RawClient::tcp(server_.port());
    client.send(request);
    return client.read_all();
  }
  std::string post(const std::string& body, const std::string& fields = "",
                   const std::string& path = "/blog.git/git-receive-pack") {
    return ask(
        fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}{}"
                    "Content-Type: application/x-git-receive-pack-request\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    path, key, fields, body.size(), body));
  }
  std::string get(const std::string& target, const std::string& fields = key) {
    return ask(
        fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n", target, fields));
  }

  GitServer server_;
  GitClient git_;
  const std::string id_ = std::string(40, 'a');
};

TEST_F(GitBadInput, GarbageInsteadOfPackets) {
  for (const char* body : {"garbage that is no pkt-line", "0003", "ffffxxxx", "0006a", "0001"}) {
    EXPECT_THAT(post(body), StartsWith("HTTP/1.1 400 ")) << body;
  }
}

TEST_F(GitBadInput, PacksThatAreNone) {
  for (const std::string& pack :
       {std::string(), std::string("PACK"), std::string("JUNK") + id_,
        std::string("PACK\0\0\0\2\0\0\0\1", 12) + id_,
        std::string("PACK\0\0\0\2\xff\xff\xff\xff", 12),
        std::string("PACK\0\0\0\2\0\0\0\1\xbf\xff\xff\xff\xff\x7f", 18)}) {
    const auto answer = post(create(id_) + pack);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("unpack "),
                              HasSubstr("ng refs/heads/main unpacker error")));
  }
}

TEST_F(GitBadInput, APackWithAWrongHashOrACut) {
  git_.run({"init", "-q", "-b", "main"});
  const auto id = git_.commit("a", "hello");
  git_.run({"repack", "-adq"});
  std::string pack = git_.run({"pack-objects", "--all", "--stdout", "-q"}).output;
  // Its standard error is empty: the output is the pack alone.
  ASSERT_TRUE(pack.starts_with("PACK")) << pack.substr(0, 100);
  for (const std::size_t cut : {1UL, 10UL, 20UL, 30UL}) {
    EXPECT_THAT(post(create(id) + pack.substr(0, pack.size() - cut)), HasSubstr("unpacker error"));
  }
  pack.back() = static_cast<char>(pack.back() ^ 1);
  EXPECT_THAT(post(create(id) + pack), HasSubstr("unpacker error"));
}

TEST_F(GitBadInput, APackThatLacksItsFiles) {
  git_.run({"init", "-q", "-b", "main"});
  const auto id = git_.commit("a", "hello");
  const auto pack =
      git_.run({"pack-objects", "--all", "--stdout", "-q", "--filter=blob:none"}).output;
  ASSERT_TRUE(pack.starts_with("PACK")) << pack.substr(0, 100);
  EXPECT_THAT(post(create(id) + pack), HasSubstr("of file 'a' is missing"));
}

TEST_F(GitBadInput, ARefToAnObjectThatIsNotThere) {
  // An empty pack with its right hash: sha1("PACK" 2 0).
  const auto pack =
      std::string("PACK\0\0\0\2\0\0\0\0", 12) +
      "\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e";
  EXPECT_THAT(post(create(id_) + pack), HasSubstr("is missing"));
}

TEST_F(GitBadInput, RefNamesThatCouldEscape) {
  const auto pack =
      std::string("PACK\0\0\0\2\0\0\0\0", 12) +
      "\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e";
  for (const char* ref : {"refs/heads/../../config", "HEAD", "refs/heads/a\nb", "refs/heads/x.lock",
                          "/etc/passwd", "refs/remotes/x"}) {
    EXPECT_THAT(post(create(id_, ref) + pack), HasSubstr("ng ")) << ref;
  }
}

TEST_F(GitBadInput, ThousandsOfRefs) {
  std::string body;
  for (int i = 0; i < 5000; ++i) {
    body += pkt_line(std::string(git::zero_id) + " " + id_ + fmt::format(" refs/tags/t{}", i));
  }
  EXPECT_THAT(post(body + "0000"), StartsWith("HTTP/1.1 429 "));
}

TEST_F(GitBadInput, AClaimOfTenGigabytes) {
  const auto answer =
      ask(fmt::format("POST /blog.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n{}"
                      "Content-Type: application/x-git-receive-pack-request\r\n"
                      "Content-Length: 10737418240\r\n\r\n0000",
                      key));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
}

TEST_F(GitBadInput, GzipThatIsBrokenOrGoesOn) {
  const auto good = gzipped("0000");
  EXPECT_THAT(post(good, "Content-Encoding: gzip\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(post("no gzip", "Content-Encoding: gzip\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(post(good.substr(0, good.size() / 2), "Content-Encoding: gzip\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(post("0000", "Content-Encoding: br\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(GitBadInput, PathsAndMethodsThatAreNotGits) {
  EXPECT_THAT(get("/../blog.git/info/refs?service=git-receive-pack"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(get("/%2e%2e/%2e%2e/etc.git/info/refs"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(get("/blog.git/config"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/BLOG.git/info/refs?service=git-receive-pack"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/blog.git/info/refs"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(get("/other.git/info/refs?service=git-receive-pack"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(
      get("/blog.git/info/refs?service=git-receive-pack", ""),
      AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Basic realm=\"davit\"\r\n")));
}

TEST_F(GitBadInput, AFetchOfGarbage) {
  const auto answer = ask(
      fmt::format("POST /blog.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}"
                  "Content-Type: application/x-git-upload-pack-request\r\n"
                  "Content-Length: 7\r\n\r\ngarbage",
                  key));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
}

class GitSmallLimits : public GitBadInput {
 protected:
  GitSmallLimits() : GitBadInput(limits()) {}
  static git::PushLimits limits() {
    git::PushLimits small;
    small.pack_bytes_max = 100'000;
    small.object_bytes_max = 50'000;
    return small;
  }
};

TEST_F(GitSmallLimits, AGzipBombEndsAtTheLimit) {
  const std::string bomb = gzipped(create(id_) + std::string(50'000'000, 'P'));
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_THAT(post(bomb, "Content-Encoding: gzip\r\n"), HasSubstr("unpacker error"));
}

TEST_F(GitSmallLimits, TheRealGitIsToldWhichLimit) {
  GitClient pusher;
  pusher.init();
  pusher.commit("large.txt", std::string(60'000, 'x'));
  const auto refused = pusher.run({"push", server_.url(), "main"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.output, HasSubstr("an object of the push is 60000 bytes"));
}

}  // namespace
}  // namespace davit::test
