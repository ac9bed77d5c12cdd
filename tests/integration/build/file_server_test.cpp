// davit-static as it runs in a slug: the real program over real sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "base/files.hpp"
#include "base/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace davit {
namespace {

class FileServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(dir_.path() / "index.html") << "home";
    std::ofstream(dir_.path() / "big.bin") << std::string(20'000'000, 'x');
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    ProcessOptions options;
    options.argv = {test::programs_dir() / "../buildpacks/static/bin/davit-static", "--root",
                    dir_.str()};
    options.env = {{"PORT", "0"}};
    options.stdout_fd = write_end.get();
    server_.emplace(Process::spawn(options).value());
    write_end.reset();
    std::string line;
    for (char c = 0; ::read(read_end.get(), &c, 1) == 1 && c != '\n';) line += c;
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(' ') + 1)));
  }
  void TearDown() override {
    if (!server_) return;
    (void)server_->signal(SIGKILL);
    (void)server_->wait();
  }

  UniqueFd connect() const {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
  }
  static std::string read_to_end(int fd) {
    std::string text;
    char part[65536];
    for (ssize_t got = 0; (got = ::read(fd, part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(got));
    return text;
  }
  std::string ask(std::string_view request) const {
    const UniqueFd fd = connect();
    EXPECT_TRUE(write_all(fd.get(), request));
    return read_to_end(fd.get());
  }

  test::TempDir dir_;
  std::optional<Process> server_;
  std::uint16_t port_ = 0;
};

TEST_F(FileServer, KeepsTheConnectionForPipelinedRequests) {
  const std::string answers =
      ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 OK\r\n")) << answers;
  EXPECT_NE(answers.find("\r\n\r\nhomeHTTP/1.1 200 OK\r\n"), std::string::npos) << answers;
  EXPECT_TRUE(answers.ends_with("Connection: close\r\n\r\nNot found\n")) << answers;
}

TEST_F(FileServer, SendsLargeFilesWhole) {
  const std::string answer = ask("GET /big.bin HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 20'000'000u);
}

TEST_F(FileServer, RefusesGarbageOversizedHeadsAndBodies) {
  EXPECT_TRUE(ask("\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 400 "));
  const std::string answer = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(FileServer, SigtermFinishesWhatIsInFlightAndClosesIdleConnections) {
  const UniqueFd busy = connect();
  const UniqueFd idle = connect();
  ASSERT_TRUE(write_all(busy.get(), "GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(write_all(idle.get(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  char first = 0;
  ASSERT_EQ(::read(busy.get(), &first, 1), 1);
  ASSERT_EQ(::read(idle.get(), &first, 1), 1);
  ASSERT_TRUE(server_->signal(SIGTERM));
  (void)read_to_end(idle.get());
  EXPECT_GT(read_to_end(busy.get()).size(), 20'000'000u);
  EXPECT_EQ(server_->wait().value(), 0);
  server_.reset();
}

}  // namespace
}  // namespace davit
