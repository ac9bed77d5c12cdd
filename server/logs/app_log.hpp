#pragma once
#include <deque>
#include <memory>
#include <vector>

#include "server/logs/record.hpp"
#include "server/logs/segment_reader.hpp"
#include "server/logs/tail_channel.hpp"

namespace davit::logs {

// One app's log as the io thread sees it: what was accepted, what is stored, who reads. No I/O.
class AppLog {
 public:
  AppLog(std::size_t lines_max, AppOnDisk on_disk);

  // The line as the entries it is stored as: none when it was accepted before, several when it is
  // long.
  std::vector<Entry> accept(const Line& line);
  // A line of the platform about the log itself, with the time of another line.
  Entry notice(const AppId& app, const Stored& like, std::string_view text);

  void publish(const Entry& entry);  // it is stored: for readers to see

  std::uint64_t stored_position(const std::string& stream) const { return stored_.get(stream); }
  std::vector<Stored> recent(std::size_t lines_max, const Filter& filter) const;
  std::shared_ptr<TailChannel> tail(asio::any_io_executor executor, Filter filter,
                                    std::uint64_t after);
  void end_tails();

  std::uint64_t lost_lines = 0;  // not on disk, and not yet told

 private:
  void remember(Stored line);

  std::size_t lines_max_;
  std::deque<Stored> recent_;
  // What the platform said before those: an app that floods must not wash its own L10 away.
  std::deque<Stored> older_of_platform_;
  std::size_t recent_bytes_ = 0;
  StreamPositions accepted_, stored_;
  std::uint64_t next_sequence_;
  std::vector<std::weak_ptr<TailChannel>> tails_;
};

}  // namespace davit::logs
