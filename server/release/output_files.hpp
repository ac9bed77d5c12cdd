#pragma once
#include <map>
#include <memory>
#include <string>

#include "base/condition.hpp"
#include "base/output_sink.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace davit::release {

// What builds or release commands print, one file each, kept for `davit builds:output` and `davit
// releases:output` and followed while they run. Names are ids. io thread only. Writes and reads are
// small and go to the page cache.
class OutputFiles {
 public:
  OutputFiles(asio::any_io_executor executor, std::string folder, std::size_t bytes_max)
      : folder_(std::move(folder)), bytes_max_(bytes_max), grown_(std::move(executor)) {}

  // Ends the output when it goes. A file that cannot be written loses output, never the work:
  // logged once.
  class Writer {
   public:
    Writer(OutputFiles& files, std::string name);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    void append(const std::string& bytes);

   private:
    OutputFiles& files_;
    std::string name_;
    UniqueFd file_;
    std::size_t bytes_ = 0;
  };
  std::unique_ptr<Writer> begin(const std::string& name);

  bool known(const std::string& name) const;
  // The next bytes after `offset`; empty where there are none and the work has ended, or nobody
  // wants to `follow` it. Cancellable.
  Task<Result<std::string>> read(std::string name, std::uint64_t offset, bool follow = true);
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  const std::string folder_;
  const std::size_t bytes_max_;
  std::map<std::string, int> running_;
  Condition grown_;
};

// What somebody reads now is also kept.
class KeptOutput final : public OutputSink {
 public:
  KeptOutput(OutputSink* reader, std::unique_ptr<OutputFiles::Writer> file)
      : reader_(reader), file_(std::move(file)) {}
  Task<> write(std::string bytes) override {
    file_->append(bytes);
    if (reader_ != nullptr) co_await reader_->write(std::move(bytes));
  }

 private:
  OutputSink* reader_;  // nullptr: nobody
  std::unique_ptr<OutputFiles::Writer> file_;
};

}  // namespace davit::release
