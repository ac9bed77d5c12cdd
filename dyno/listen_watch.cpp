#include "dyno/listen_watch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

constexpr std::string_view state_listen = "0A";

std::string_view next_field(std::string_view& line) {
  const auto start = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(start);
  const auto field = line.substr(0, line.find(' '));
  line.remove_prefix(field.size());
  return field;
}

struct Entry {
  std::uint16_t port = 0;
  std::uint32_t uid = 0;
  bool listening = false;
  bool valid = false;
};

// "sl local_address rem_address st tx:rx tr:when retrnsmt uid …", addresses as HEX:HEX (proc(5)).
Entry parse(std::string_view line) {
  Entry entry;
  next_field(line);
  const auto local = next_field(line);
  next_field(line);
  entry.listening = next_field(line) == state_listen;
  for (int skipped = 0; skipped < 3; ++skipped) next_field(line);
  const auto uid = next_field(line);
  const auto colon = local.rfind(':');
  if (colon == local.npos) return entry;
  const auto port = local.substr(colon + 1);
  entry.valid = std::from_chars(port.begin(), port.end(), entry.port, 16).ec == std::errc() &&
                std::from_chars(uid.begin(), uid.end(), entry.uid).ec == std::errc();
  return entry;
}

bool table_lists(int fd, std::uint16_t port, std::uint32_t uid) {
  if (::lseek(fd, 0, SEEK_SET) != 0) return false;
  char buffer[8192];
  std::string rest;
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) return false;
    rest.append(buffer, static_cast<std::size_t>(count));
    const auto whole = rest.rfind('\n');
    if (whole == rest.npos) continue;
    bool past_listeners = false;
    if (lists_listener({rest.data(), whole + 1}, port, uid, past_listeners)) return true;
    if (past_listeners) return false;
    rest.erase(0, whole + 1);
  }
}

}  // namespace

bool lists_listener(std::string_view table, std::uint16_t port, std::uint32_t uid,
                    bool& past_listeners) {
  while (!table.empty()) {
    const auto line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    const Entry entry = parse(line);
    if (!entry.valid) continue;  // the heading
    if (!entry.listening) {
      past_listeners = true;
      return false;
    }
    if (entry.port == port && entry.uid == uid) return true;
  }
  return false;
}

ListenTables ListenTables::of(pid_t process) {
  const auto open = [process](const char* name) {
    return UniqueFd(
        ::open(fmt::format("/proc/{}/net/{}", process, name).c_str(), O_RDONLY | O_CLOEXEC));
  };
  return {open("tcp"), open("tcp6")};
}

ListenWatch::ListenWatch(std::uint16_t port, std::uint32_t uid, ListenTables tables, Time now)
    : port_(port),
      uid_(uid),
      pause_(limits::listen_poll_min),
      tables_(std::move(tables)),
      due_(now + pause_) {}

bool ListenWatch::look(Time now) {
  for (const Family family : {Family::v4, Family::v6}) {
    const int fd = family == Family::v4 ? tables_.tcp.get() : tables_.tcp6.get();
    if (!table_lists(fd, port_, uid_)) continue;
    family_ = family;
    return true;
  }
  pause_ = std::min<std::chrono::milliseconds>(pause_ * 3 / 2, limits::listen_poll_max);
  due_ = now + pause_;
  return false;
}

}  // namespace davit::dyno
