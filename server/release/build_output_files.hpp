#pragma once
#include <map>
#include <memory>
#include <string>

#include "base/condition.hpp"
#include "base/ids.hpp"
#include "base/unique_fd.hpp"
#include "server/paths.hpp"

namespace davit::release {

// What builds print, one file each, kept for `davit builds:output` and followed while the build runs. io thread only.
// Writes and reads are small and go to the page cache.
class BuildOutputFiles {
 public:
  BuildOutputFiles(asio::any_io_executor executor, const Paths& paths)
      : paths_(paths), grown_(std::move(executor)) {}

  // Ends the output when it goes. A file that cannot be written loses output, never the build: logged once.
  class Writer {
   public:
    Writer(BuildOutputFiles& files, BuildId build);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    void append(const std::string& bytes);

   private:
    BuildOutputFiles& files_;
    BuildId build_;
    UniqueFd file_;
    std::size_t bytes_ = 0;
  };
  std::unique_ptr<Writer> begin(const BuildId& build);

  bool known(const BuildId& build) const;
  // The next bytes after `offset`, as they come; empty once the build has ended and all was read. Cancellable.
  Task<Result<std::string>> read(BuildId build, std::uint64_t offset);

 private:
  const Paths& paths_;
  std::map<BuildId, int> running_;
  Condition grown_;
};

}  // namespace davit::release
