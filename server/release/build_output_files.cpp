#include "server/release/build_output_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/files.hpp"
#include "base/log.hpp"

namespace davit::release {
namespace {

constexpr std::size_t kept_max = 16 * 1024 * 1024;  // of one build; a log of more is a runaway
constexpr std::size_t part_bytes = 64 * 1024;

}  // namespace

BuildOutputFiles::Writer::Writer(BuildOutputFiles& files, BuildId build)
    : files_(files), build_(std::move(build)) {
  auto file = open_file(files_.paths_.build_output(build_), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file) {
    file_ = std::move(*file);
  } else {
    log::warning("build output not kept", {{"error", file.error().message}});
  }
  ++files_.running_[build_];
}

BuildOutputFiles::Writer::~Writer() {
  files_.running_.erase(build_);
  files_.grown_.notify_all();
}

void BuildOutputFiles::Writer::append(const std::string& bytes) {
  if (!file_ || bytes_ >= kept_max) return;
  bytes_ += bytes.size();
  const auto written = write_all(file_.get(), bytes);
  if (!written) {
    log::warning("build output lost", {{"error", written.error().message}});
    file_.reset();
  }
  files_.grown_.notify_all();
}

std::unique_ptr<BuildOutputFiles::Writer> BuildOutputFiles::begin(const BuildId& build) {
  return std::make_unique<Writer>(*this, build);
}

bool BuildOutputFiles::known(const BuildId& build) const {
  std::error_code ec;
  return std::filesystem::exists(paths_.build_output(build), ec);
}

Task<Result<std::string>> BuildOutputFiles::read(BuildId build, std::uint64_t offset) {
  auto file = open_file(paths_.build_output(build), O_RDONLY);
  if (!file) co_return fail(Errc::not_found, "the output of build {} is not kept", build.str());
  std::string part(part_bytes, '\0');
  for (;;) {
    const bool runs = running_.contains(build);  // before the read: what came before its end is then read
    const ssize_t got =
        ::pread(file->get(), part.data(), part.size(), static_cast<off_t>(offset));
    if (got < 0) co_return fail_errno(errno, "read build output");
    if (got > 0 || !runs) {
      part.resize(static_cast<std::size_t>(got));
      co_return std::move(part);
    }
    co_await grown_.wait();
  }
}

}  // namespace davit::release
