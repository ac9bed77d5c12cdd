#include "server/logs/app_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "base/time_format.hpp"
#include "server/logs/limits.hpp"
#include "server/logs/line_splitter.hpp"

namespace davit::logs {

AppLog::AppLog(std::size_t lines_max, AppOnDisk on_disk)
    : lines_max_(lines_max),
      accepted_(on_disk.positions),
      stored_(std::move(on_disk.positions)),
      next_sequence_(on_disk.next_sequence) {
  for (Stored& line : on_disk.recent) remember(std::move(line));
}

std::vector<Entry> AppLog::accept(const Line& line) {
  const std::string stream = line.stream.empty() ? std::string() : record_name(line.stream);
  const bool checked = !stream.empty() && line.position > 0;
  if (checked) {
    if (line.position <= accepted_.get(stream)) return {};
    accepted_.raise(stream, line.position);
  }
  std::string text = to_valid_utf8(line.text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::string process = record_name(line.process);
  const std::string prefix = fmt::format("{} {}[{}]: ", rfc5424(line.at),
                                         line.source == Source::app ? "app" : "heroku", process);
  std::vector<Entry> entries;
  std::string_view rest = text;
  do {
    const std::size_t size =
        rest.size() > limits::line_bytes_max ? utf8_cut(rest, limits::line_bytes_max) : rest.size();
    Entry& entry = entries.emplace_back();
    entry.app = line.app;
    entry.stored.sequence = next_sequence_++;
    entry.stored.text = prefix;
    entry.stored.text += rest.substr(0, size);
    entry.stored.source = line.source;
    entry.stored.process = process;
    rest.remove_prefix(size);
    if (!rest.empty() || line.cut) entry.stored.text += limits::cut_mark;
  } while (!rest.empty());
  if (checked) {
    // On the last piece alone: a crash between two stores the first twice rather than the second
    // never.
    entries.back().stream = stream;
    entries.back().position = line.position;
  }
  return entries;
}

Entry AppLog::notice(const AppId& app, const Stored& like, std::string_view text) {
  Entry entry;
  entry.app = app;
  entry.stored.sequence = next_sequence_++;
  entry.stored.source = Source::heroku;
  entry.stored.process = "logs";
  entry.stored.text =
      fmt::format("{} heroku[logs]: {}", like.text.substr(0, like.text.find(' ')), text);
  return entry;
}

void AppLog::publish(const Entry& entry) {
  if (!entry.stream.empty()) stored_.raise(entry.stream, entry.position);
  for (const auto& weak : tails_) {
    if (const auto channel = weak.lock()) channel->push(entry.stored);
  }
  remember(entry.stored);
}

void AppLog::remember(Stored line) {
  recent_bytes_ += line.text.size();
  recent_.push_back(std::move(line));
  while (recent_.size() > lines_max_ || recent_bytes_ > limits::recent_bytes_max) {
    Stored& oldest = recent_.front();
    recent_bytes_ -= oldest.text.size();
    if (oldest.source == Source::heroku) older_of_platform_.push_back(std::move(oldest));
    recent_.pop_front();
    if (older_of_platform_.size() > limits::platform_lines_max) older_of_platform_.pop_front();
  }
}

std::vector<Stored> AppLog::recent(std::size_t lines_max, const Filter& filter) const {
  std::vector<Stored> lines;
  for (auto it = recent_.rbegin(); it != recent_.rend() && lines.size() < lines_max; ++it) {
    if (matches(*it, filter)) lines.push_back(*it);
  }
  if (filter.source == Source::heroku) {
    const auto& older = older_of_platform_;
    for (auto it = older.rbegin(); it != older.rend() && lines.size() < lines_max; ++it) {
      if (matches(*it, filter)) lines.push_back(*it);
    }
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::shared_ptr<TailChannel> AppLog::tail(asio::any_io_executor executor, Filter filter,
                                          std::uint64_t after) {
  std::erase_if(tails_, [](const auto& weak) { return weak.expired(); });
  auto channel = std::make_shared<TailChannel>(std::move(executor), std::move(filter));
  channel->start_with(recent_, after);
  tails_.push_back(channel);
  return channel;
}

void AppLog::end_tails() {
  for (const auto& weak : tails_) {
    if (const auto channel = weak.lock()) channel->end();
  }
}

}  // namespace davit::logs
