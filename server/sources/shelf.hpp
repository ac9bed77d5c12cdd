#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace davit::sources {

// Trees that were fetched, kept for the next build: <folder>/<key>/, each whole and unchanging, the
// least recently used removed when all together take more than their budget. What a build is
// copying is never removed. Blocking; any thread.
class Shelf {
 public:
  Shelf(std::string folder, std::uint64_t bytes_max);

  struct Item {
    std::string folder;
    std::shared_ptr<const void> lease;  // the folder stays for as long as this is held
  };
  std::optional<Item> find(const std::string& key);
  // Moves `made`, a folder of incoming(), there; who comes second takes what the first has put.
  Result<Item> put(const std::string& key, const std::string& made);
  // A new folder on the same file system, the caller's to remove.
  Result<std::string> incoming();

 private:
  struct Entry {
    std::uint64_t bytes = 0;
    std::weak_ptr<const void> lease;
  };
  void read_folder();
  Item take(const std::string& key);
  void make_room();
  std::string path_of(const std::string& key) const { return folder_ + "/" + key; }

  const std::string folder_;
  const std::uint64_t bytes_max_;
  std::mutex mutex_;
  bool read_ = false;
  std::map<std::string, Entry> entries_;
};

// What one thing that was fetched is called on the shelf: a URL with its secrets, so that who does
// not know them does not find it, and a commit or checksum.
std::string shelf_key(const std::string& location, const std::string& identity);

}  // namespace davit::sources
