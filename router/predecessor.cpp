#include "router/predecessor.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "router/limits.hpp"

namespace davit::router {

void Predecessor::start(UniqueFd connection) {
  boost::system::error_code error;
  socket_.assign(asio::local::stream_protocol(), connection.release(), error);
  if (error) return;
  tasks_.spawn("predecessor", read());
}

void Predecessor::stop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  tasks_.cancel();
}

Task<> Predecessor::read() {
  FrameDecoder decoder(davit::limits::frame_bytes_max);
  std::string part(64 * 1024, '\0');
  boost::system::error_code error;
  while (alive()) {
    const std::size_t got = co_await socket_.async_read_some(
        asio::buffer(part), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    decoder.feed({part.data(), got});
    for (;;) {
      auto frame = decoder.next();
      if (!frame) {
        log::error("the old router sent a broken frame", {{"error", frame.error().message}});
        co_return ended();
      }
      if (!frame->has_value()) break;
      auto event = decode_event(std::move(**frame));
      if (!event) {
        log::error("the old router sent a broken event", {{"error", event.error().message}});
        co_return ended();
      }
      take(std::move(*event));
    }
  }
  ended();
}

void Predecessor::take(Event event) {
  if (const auto* hello = std::get_if<Hello>(&event)) {
    stream_ = stream_name(hello->pid);
    speaks_ = hello->version;
    log::info("took over", {{"from_pid", hello->pid}});
  } else if (auto* batch = std::get_if<LogBatch>(&event)) {
    take_lines(std::move(*batch));
  } else if (const auto* drained = std::get_if<Drained>(&event)) {
    drained_there_.insert(drained->dyno);
    if (only_here_.erase(drained->dyno) > 0) handlers_.drained(drained->dyno);
  } else if (const auto* metrics = std::get_if<Metrics>(&event)) {
    handlers_.traffic(*metrics);
  } else if (std::holds_alternative<NeedTable>(event)) {
    if (table_) send(SetTable{table_->table()});
  } else if (const auto* wanted = std::get_if<Wanted>(&event)) {
    handlers_.wanted(wanted->app);
  }
}

void Predecessor::take_lines(LogBatch batch) {
  if (batch.dropped > 0) log::warning("router log lines lost", {{"count", batch.dropped}});
  std::uint64_t last = 0;
  for (LogLine& line : batch.lines) {
    last = line.sequence;
    // One that took over itself a moment ago passes on what is of its own predecessor.
    if (line.origin.empty()) {
      line.origin = stream_;
      line.origin_sequence = line.sequence;
      // Counted already: it tells its traffic itself.
      if (speaks_ >= changes_version) line.status = 0;
    }
    access_log_.append(std::move(line));
  }
  if (last != 0) send(AckLog{last});
}

void Predecessor::send_table(std::shared_ptr<const Routes> table, const TableChange* change) {
  if (!alive()) return;
  const bool fits = change != nullptr && speaks_ >= changes_version && table_ &&
                    table_->version() == change->from;
  table_ = std::move(table);
  if (fits) {
    send(ChangeTable{*change});
  } else {
    send(SetTable{table_->table()});
  }
}

void Predecessor::drained_here(const std::string& dyno) {
  if (!alive() || drained_there_.contains(dyno)) return handlers_.drained(dyno);
  only_here_.insert(dyno);
}

void Predecessor::send(const Command& command) {
  if (queued_.size() > limits::control_queue_bytes_max) {
    log::error("the old router does not read; it is left alone");
    return ended();
  }
  queued_ += encode(command);
  if (!sending_) write();
}

void Predecessor::write() {
  if (queued_.empty() || !alive()) return;
  sending_ = std::make_shared<std::string>(std::exchange(queued_, {}));
  asio::async_write(socket_, asio::buffer(*sending_),
                    [this, held = sending_](const boost::system::error_code& error, std::size_t) {
                      if (error == asio::error::operation_aborted) return;
                      sending_.reset();
                      if (!error) write();
                    });
}

// Whatever it had in flight is over.
void Predecessor::ended() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  log::info("the old router has ended");
  for (const auto& dyno : std::exchange(only_here_, {})) handlers_.drained(dyno);
}

}  // namespace davit::router
