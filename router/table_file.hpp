#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "router/protocol/table.hpp"

namespace davit::router {
namespace asio = boost::asio;

// The last route table on disk, so that a router can start without davitd. Written in the
// background, whole and in one step; of tables that come faster than the disk only the newest is
// written. io thread; the pool is joined before this goes away.
class TableFile {
 public:
  TableFile(asio::io_context& io, asio::thread_pool& pool, std::filesystem::path path)
      : io_(io), pool_(pool), path_(std::move(path)) {}

  // Before the io thread runs: may block. nullopt: there is none. Errors name the path.
  Result<std::optional<RouteTable>> load() const;
  void save(std::shared_ptr<const RouteTable> table);

 private:
  void start_writing();

  asio::io_context& io_;
  asio::thread_pool& pool_;
  std::filesystem::path path_;
  std::shared_ptr<const RouteTable> pending_;
  bool writing_ = false;
};

}  // namespace davit::router
