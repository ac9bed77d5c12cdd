#include "api_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/ensure.hpp"

namespace davit::test {
namespace {

// Reads until `wanted` says that text is enough; false when the peer is gone.
bool read_until(int fd, std::string& text, const std::function<bool(const std::string&)>& wanted) {
  std::array<char, 4096> buffer{};
  while (!wanted(text)) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return true;
}

SeenRequest parse_head(const std::string& head) {
  SeenRequest request;
  const auto line_end = head.find("\r\n");
  const std::string first = head.substr(0, line_end);
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  for (auto at = line_end + 2; at < head.size();) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.fields[name] = line.substr(colon + 2);
  }
  return request;
}

std::string serialize(const Answer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) +
                     " Status\r\nContent-Type: " + answer.type + "\r\n";
  for (const auto& [name, value] : answer.fields) text += name + ": " + value + "\r\n";
  if (answer.until_close) {
    text += "Connection: close\r\n";
  } else {
    text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  return text + "\r\n" + answer.body;
}

}  // namespace

ApiServer::ApiServer(Handler handler) : handler_(std::move(handler)) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  ensure(::bind(listener_.get(), raw, size) == 0, "bind to a free port");
  ensure(::listen(listener_.get(), 16) == 0, "listen");
  ensure(::getsockname(listener_.get(), raw, &size) == 0, "the port is known");
  port_ = ntohs(address.sin_port);
  accepter_ = std::thread([this] { accept_all(); });
}

ApiServer::~ApiServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  accepter_.join();
  for (auto& thread : threads_) thread.join();
}

std::string ApiServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void ApiServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || stopping_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void ApiServer::serve(int fd) {
  std::string text;
  for (;;) {
    if (!read_until(fd, text, [](const auto& t) { return t.find("\r\n\r\n") != t.npos; })) break;
    const auto head_end = text.find("\r\n\r\n") + 4;
    SeenRequest request = parse_head(text.substr(0, head_end - 2));
    const std::size_t length = request.fields.contains("content-length")
                                   ? std::stoul(request.fields["content-length"])
                                   : 0;
    if (!read_until(fd, text, [&](const auto& t) { return t.size() >= head_end + length; })) break;
    request.body = text.substr(head_end, length);
    text.erase(0, head_end + length);
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
      answer = handler_(request);
    }
    const std::string bytes = serialize(answer);
    if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 || answer.until_close) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

std::vector<SeenRequest> ApiServer::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> ApiServer::lines() {
  std::vector<std::string> lines;
  for (const auto& request : seen()) {
    std::string body = request.body;
    std::erase_if(body, [](unsigned char c) { return std::isspace(c); });
    lines.push_back(request.method + " " + request.target + (body.empty() ? "" : " " + body));
  }
  return lines;
}

}  // namespace davit::test
