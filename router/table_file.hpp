#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "router/route_table.hpp"

namespace davit::router {
namespace asio = boost::asio;

// The last route table on disk, so that a router can start without davitd. Written in the
// background, whole and in one step, and once in a while: of tables that come faster only the
// newest is written. Main thread; the pool is joined before this goes away.
class TableFile {
 public:
  TableFile(asio::io_context& io, asio::thread_pool& pool, std::filesystem::path path)
      : io_(io), pool_(pool), path_(std::move(path)), pause_(io) {}

  // Before the io thread runs: may block. nullopt: there is none. Errors name the path.
  Result<std::optional<RouteTable>> load() const;
  void save(std::shared_ptr<const Routes> table);
  void finish();  // what is left to write is written now; before the pool is joined

 private:
  void start_writing();
  void pause();

  asio::io_context& io_;
  asio::thread_pool& pool_;
  std::filesystem::path path_;
  std::shared_ptr<const Routes> pending_;
  bool busy_ = false;  // writing, or pausing
  bool finishing_ = false;
  asio::steady_timer pause_;
};

}  // namespace davit::router
