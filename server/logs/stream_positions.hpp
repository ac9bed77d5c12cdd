#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace davit::logs {

// Up to where each stream of an app is known. Bounded: the stream that was quiet for longest is
// forgotten first, which costs no more than a line stored twice after a crash.
class StreamPositions {
 public:
  std::uint64_t get(const std::string& stream) const;             // 0: none
  void raise(const std::string& stream, std::uint64_t position);  // never lowers

  struct Entry {
    std::uint64_t position = 0;
    std::uint64_t used = 0;
  };
  const std::map<std::string, Entry>& all() const { return entries_; }

 private:
  std::map<std::string, Entry> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace davit::logs
