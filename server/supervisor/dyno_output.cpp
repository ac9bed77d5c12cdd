// What a dyno says, on its way into the app's log.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/supervisor/dyno_runner.hpp"

namespace davit::supervisor {

Task<> DynoRunner::take_output(OutputChunk chunk) {
  if (!gate_.open(services_.clock.steady())) {
    co_await leave_out(std::move(chunk));
    co_return;
  }
  auto lines = splitter_.feed(chunk.offset, chunk.bytes);
  gate_.passed(lines.size(), chunk.bytes.size());
  if (story_.tee != nullptr) co_await story_.tee->write(std::move(chunk.bytes));
  if (lines.empty()) co_return;
  const std::uint64_t position = lines.back().position;
  co_await store_lines(std::move(lines));
  // A failed acknowledgement means that the connection is gone: next_event() tells.
  (void)co_await process_->ack(position);
  co_await tell_of_loss();
}

// More than the app may store: counted, and acknowledged as if it were. The pause leaves the rest
// of the flood to davit-dyno, which drops what does not fit into its spool.
Task<> DynoRunner::leave_out(OutputChunk chunk) {
  const std::uint64_t end = chunk.offset + chunk.bytes.size();
  const auto lines = std::count(chunk.bytes.begin(), chunk.bytes.end(), '\n');
  if (story_.tee != nullptr) co_await story_.tee->write(std::move(chunk.bytes));
  co_await lose(static_cast<std::uint64_t>(lines));
  (void)co_await process_->ack(end);
  if (story_.tee != nullptr) co_return;  // somebody waits for all of it
  asio::steady_timer pause(services_.executor, logs::limits::flood_pause);
  co_await pause.async_wait(asio::use_awaitable);
}

Task<> DynoRunner::lose(std::uint64_t lines) {
  lost_.lost(lines, services_.clock.wall(), services_.clock.steady());
  co_await tell_of_loss();
}

Task<> DynoRunner::tell_of_loss() {
  auto text = lost_.due(services_.clock.steady());
  if (text) co_await say(std::move(*text));
}

Task<> DynoRunner::store_lines(std::vector<logs::SplitLine> split) {
  std::vector<logs::Line> lines;
  for (auto& part : split) {
    logs::Line line;
    line.app = recipe_.app.id;
    line.at = services_.clock.wall();
    line.process = recipe_.record.name.str();
    line.text = std::move(part.text);
    line.stream = recipe_.record.id.str();
    line.position = part.position;
    line.cut = part.cut;
    lines.push_back(std::move(line));
    if (lines.size() < logs::limits::lines_at_once) continue;
    auto some = std::exchange(lines, {});
    co_await services_.logs.append(std::move(some));
  }
  if (!lines.empty()) co_await services_.logs.append(std::move(lines));
}

}  // namespace davit::supervisor
