#include "dyno/watch/oom_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dyno/watch/keyed_numbers.hpp"

namespace davit::dyno {

OomWatch::OomWatch(const Cgroup& cgroup) : v2_(cgroup.is_v2("memory")) {
  if (v2_) {
    notice_ = cgroup.open("memory", "memory.events", O_RDONLY);
    quiet();
    return;
  }
  control_ = cgroup.open("memory", "memory.oom_control", O_RDONLY);
  const UniqueFd registration = cgroup.open("memory", "cgroup.event_control", O_WRONLY);
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!control_ || !registration || !event) return;
  const auto text = fmt::format("{} {}", event.get(), control_.get());
  if (::write(registration.get(), text.data(), text.size()) > 0) notice_ = std::move(event);
}

short OomWatch::events() const { return v2_ ? POLLPRI : POLLIN; }

void OomWatch::quiet() const {
  char text[512];
  // A file of the kernel's keeps telling until it is read from its begin, an eventfd until it is
  // read.
  [[maybe_unused]] const auto count = v2_ ? ::pread(notice_.get(), text, sizeof text, 0)
                                          : ::read(notice_.get(), text, sizeof(std::uint64_t));
}

std::uint64_t oom_kills(const Cgroup& cgroup) {
  const char* file = cgroup.is_v2("memory") ? "memory.events" : "memory.oom_control";
  return keyed_number(cgroup.read("memory", file), "oom_kill");
}

}  // namespace davit::dyno
