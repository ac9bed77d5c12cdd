#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>

#include "base/door.hpp"
#include "base/encoding.hpp"
#include "server/supervisor/limits.hpp"
#include "server/supervisor/prober.hpp"

namespace davit::supervisor {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;

// One request's socket and its time limit. The timer's handler may be queued when we are gone: it
// holds a share.
struct Exchange {
  explicit Exchange(const asio::any_io_executor& executor) : door(executor), socket(executor) {}
  asio::posix::stream_descriptor door;
  tcp::socket socket;
  bool timed_out = false;
};

Error failure(const Exchange& exchange, const error_code& ec, const ProbeRequest& request) {
  if (exchange.timed_out) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.timeout).count();
    return fail(Errc::timeout, "GET {} gave no answer within {} s", request.path, seconds);
  }
  return fail(Errc::unavailable, "GET {} got no answer: {}", request.path, ec.message());
}

Task<error_code> connect(Exchange& exchange, std::uint16_t port) {
  error_code ec;
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  co_await exchange.socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
  co_return ec;
}

tcp protocol_of(int socket) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family == AF_INET6 ? tcp::v6() : tcp::v4();
}

// As the router does it: davit-dyno connects inside the dyno's network and passes the socket.
Task<error_code> connect_by_door(Exchange& exchange, std::string path) {
  auto fd = door::open(path);
  if (!fd) co_return error_code(errno, boost::system::system_category());
  const int door = fd.get();
  error_code ec;
  exchange.door.assign(fd.release(), ec);
  if (ec) co_return ec;
  if (door::send(door, door::Request{}) != door::Io::done) co_return asio::error::broken_pipe;
  door::Reply reply;
  auto got = door::Io::would_block;
  while (got == door::Io::would_block) {
    co_await exchange.door.async_wait(asio::posix::stream_descriptor::wait_read,
                                      asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return ec;
    got = door::receive(door, reply);
  }
  if (got == door::Io::closed) co_return asio::error::connection_reset;
  if (reply.outcome == door::Outcome::timed_out) co_return asio::error::timed_out;
  if (reply.outcome != door::Outcome::connected) co_return asio::error::connection_refused;
  const tcp protocol = protocol_of(reply.socket.get());
  exchange.socket.assign(protocol, reply.socket.release(), ec);
  co_return ec;
}

Task<Result<int>> ask(std::shared_ptr<Exchange> exchange, ProbeRequest request, std::string door,
                      std::string text) {
  tcp::socket& socket = exchange->socket;
  error_code ec;
  if (!request.isolated) {
    ec = co_await connect(*exchange, request.port);
  } else {
    ec = co_await connect_by_door(*exchange, door);
  }
  if (ec) co_return failure(*exchange, ec, request);
  co_await asio::async_write(socket, asio::buffer(text),
                             asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return failure(*exchange, ec, request);
  std::string answer(limits::health_answer_bytes_max, '\0');
  std::size_t size = 0;
  while (size < answer.size()) {
    const std::size_t got =
        co_await socket.async_read_some(asio::buffer(answer.data() + size, answer.size() - size),
                                        asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return failure(*exchange, ec, request);
    size += got;
    auto status = parse_status_line(std::string_view(answer).substr(0, size));
    if (!status || *status != 0) co_return status;
  }
  co_return fail(Errc::corrupt, "GET {} was answered with something that is not HTTP",
                 request.path);
}

class HttpProber final : public Prober {
 public:
  explicit HttpProber(HttpProberConfig config) : config_(std::move(config)) {}

  Task<Result<int>> get(ProbeRequest request) override {
    const auto executor = co_await asio::this_coro::executor;
    auto exchange = std::make_shared<Exchange>(executor);
    asio::steady_timer timer(executor, request.timeout);
    timer.async_wait([exchange](error_code ec) {
      if (ec) return;
      exchange->timed_out = true;
      error_code ignored;
      exchange->door.close(ignored);
      exchange->socket.close(ignored);
    });
    std::string text = format_probe(request, config_.domain);
    auto door = fmt::format("{}/{}{}", config_.dyno_sockets, request.dyno.str(), door::file_suffix);
    auto answer = co_await ask(exchange, std::move(request), std::move(door), std::move(text));
    timer.cancel();
    co_return answer;
  }

 private:
  const HttpProberConfig config_;
};

}  // namespace

std::string format_probe(const ProbeRequest& request, const std::string& domain) {
  std::string host = request.app + "." + domain;
  std::string fields;
  for (const auto& [name, value] : request.headers) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower == "host") {
      host = value;
    } else {
      fields += fmt::format("{}: {}\r\n", name, value);
    }
  }
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: davit-healthcheck\r\nConnection: close\r\n{}\r\n",
      request.path, host, fields);
}

Result<int> parse_status_line(std::string_view bytes) {
  constexpr std::string_view version = "HTTP/1.";
  const auto nonsense = [&] {
    return fail(Errc::corrupt, "the answer is not HTTP: '{}'", printable(bytes, 40));
  };
  const std::string_view start = bytes.substr(0, version.size());
  if (start != version.substr(0, start.size())) return nonsense();
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return 0;
  // "HTTP/1.1 200 OK"
  const std::string_view line = bytes.substr(0, end);
  int status = 0;
  constexpr std::size_t number_at = 9, number_size = 3;
  if (line.size() < number_at + number_size || line[number_at - 1] != ' ') return nonsense();
  const char* number = line.data() + number_at;
  const auto [stop, ec] = std::from_chars(number, number + number_size, status);
  if (ec != std::errc() || stop != number + number_size || status < 100) return nonsense();
  return status;
}

std::unique_ptr<Prober> make_http_prober(HttpProberConfig config) {
  return std::make_unique<HttpProber>(std::move(config));
}

}  // namespace davit::supervisor
