#include "server/daemon/stop_all.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "router/protocol/messages.hpp"
#include "server/daemon/data_folder.hpp"
#include "server/dynos/dyno_process.hpp"
#include "server/network/networks.hpp"

namespace davit {
namespace {

constexpr auto grace = std::chrono::seconds(10);  // an admin who stops everything waits for it

Task<> stop_dyno(dynos::Launcher& launcher, std::string id) {
  auto process = co_await launcher.adopt(id);
  if (!process) co_return;
  (void)co_await (*process)->subscribe((*process)->status().output_end);
  (void)co_await (*process)->stop(grace);
  for (;;) {
    const auto event = co_await (*process)->next_event();
    if (!event || std::holds_alternative<dyno::Exited>(*event)) break;
  }
  (void)co_await (*process)->release();
  log::info("dyno stopped", {{"id", id}});
}

Task<> stop_router(std::string control_socket) {
  asio::local::stream_protocol::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code ec;
  const asio::local::stream_protocol::endpoint endpoint(control_socket);
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return;  // none runs
  const router::Command command = router::Shutdown{};
  const std::string frame = router::encode(command);
  co_await asio::async_write(socket, asio::buffer(frame),
                             asio::redirect_error(asio::use_awaitable, ec));
  std::string ignored(4096, '\0');
  while (!ec) {  // it ends the connection when it ends itself
    co_await socket.async_read_some(asio::buffer(ignored),
                                    asio::redirect_error(asio::use_awaitable, ec));
  }
  log::info("router stopped");
}

}  // namespace

Result<> stop_all(const Options& options) {
  auto lock = open_data_folder(options.paths);
  if (!lock) return std::move(lock).error();
  asio::io_context io;
  auto launcher = dynos::make_launcher(
      io.get_executor(),
      {options.programs + "/davit-dyno", options.paths.dyno_sockets(), options.level});
  if (!launcher) return std::move(launcher).error();
  TaskGroup tasks(io.get_executor());
  tasks.spawn("stop router", stop_router(options.paths.router_socket()));
  for (const std::string& id : (*launcher)->list()) {
    tasks.spawn("stop dyno", stop_dyno(**launcher, id));
  }
  io.run();
  network::remove_leftovers(options.paths.data);
  return {};
}

}  // namespace davit
