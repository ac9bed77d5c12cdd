#include "router/table_file.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "router/limits.hpp"

namespace davit::router {

Result<std::optional<RouteTable>> TableFile::load() const {
  const auto text = read_file(path_, davit::limits::frame_bytes_max);
  if (!text && text.error().code == Errc::not_found) return std::optional<RouteTable>();
  if (!text) return text.error();
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  auto table = RouteTable::from_json(json);  // discarded JSON is no object
  if (!table) {
    return fail(Errc::corrupt,
                "route table '{}' is damaged ({}); remove it, davitd sends a new one",
                path_.string(), table.error().message);
  }
  return std::optional<RouteTable>(std::move(*table));
}

void TableFile::save(std::shared_ptr<const Routes> table) {
  pending_ = std::move(table);
  if (!busy_) start_writing();
}

void TableFile::finish() {
  finishing_ = true;
  pause_.cancel();
}

void TableFile::start_writing() {
  busy_ = true;
  auto job = [this, table = std::move(pending_), guard = asio::make_work_guard(io_)] {
    const auto written = write_file_atomic(path_, table->text(), 0600);
    if (!written) {
      log::error("saving the route table failed", {{"error", written.error().message}});
    }
    asio::post(io_, [this] { pause(); });
  };
  pending_.reset();
  asio::post(pool_, std::move(job));
}

// Ten thousand apps are megabytes: not for each deploy of one of them.
void TableFile::pause() {
  if (!finishing_) {
    pause_.expires_after(limits::table_file_pause);
    pause_.async_wait([this](const boost::system::error_code&) {
      busy_ = false;
      if (pending_) start_writing();
    });
    return;
  }
  busy_ = false;
  if (pending_) start_writing();
}

}  // namespace davit::router
