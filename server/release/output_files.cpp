#include "server/release/output_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/files.hpp"
#include "base/log.hpp"

namespace davit::release {
namespace {

constexpr std::size_t part_bytes = 64 * 1024;

}  // namespace

OutputFiles::Writer::Writer(OutputFiles& files, std::string name)
    : files_(files), name_(std::move(name)) {
  auto file = open_file(files_.path(name_), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file) {
    file_ = std::move(*file);
  } else {
    log::warning("output not kept", {{"error", file.error().message}});
  }
  ++files_.running_[name_];
}

OutputFiles::Writer::~Writer() {
  files_.running_.erase(name_);
  files_.grown_.notify_all();
}

void OutputFiles::Writer::append(const std::string& bytes) {
  if (!file_ || bytes_ >= files_.bytes_max_) return;
  bytes_ += bytes.size();
  const auto written = write_all(file_.get(), bytes);
  if (!written) {
    log::warning("output lost", {{"error", written.error().message}});
    file_.reset();
  }
  files_.grown_.notify_all();
}

std::unique_ptr<OutputFiles::Writer> OutputFiles::begin(const std::string& name) {
  return std::make_unique<Writer>(*this, name);
}

bool OutputFiles::known(const std::string& name) const {
  std::error_code ec;
  return std::filesystem::exists(path(name), ec);
}

Task<Result<std::string>> OutputFiles::read(std::string name, std::uint64_t offset, bool follow) {
  if (offset > bytes_max_ + part_bytes) co_return std::string();  // beyond any output; see append()
  auto file = open_file(path(name), O_RDONLY);
  if (!file) co_return fail(Errc::not_found, "the output of {} is not kept", name);
  std::string part(part_bytes, '\0');
  for (;;) {
    const bool runs =
        follow &&
        running_.contains(name);  // before the read: what came before its end is then read
    const ssize_t got = ::pread(file->get(), part.data(), part.size(), static_cast<off_t>(offset));
    if (got < 0) co_return fail_errno(errno, "read output");
    if (got > 0 || !runs) {
      part.resize(static_cast<std::size_t>(got));
      co_return std::move(part);
    }
    co_await grown_.wait();
  }
}

}  // namespace davit::release
