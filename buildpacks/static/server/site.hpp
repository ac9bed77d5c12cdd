#pragma once
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buildpacks/static/server/http_fields.hpp"
#include "buildpacks/static/server/site_config.hpp"

namespace davit::static_site {

struct FileHandle {
  explicit FileHandle(int file) : fd(file) {}
  FileHandle(FileHandle&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~FileHandle();
  int fd;
};

struct Query {
  std::string method;
  std::string target;
  std::string if_none_match, if_modified_since, range, if_range;
};

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // without framing
  std::string text;                                          // the body, unless there is a file
  std::optional<FileHandle> file;
  ByteRange part;                // of the file
  std::uint64_t body_bytes = 0;  // Content-Length
};

// One folder of files. Nothing outside of it is ever opened: links that leave it count as missing.
class Site {
 public:
  // nullopt: the folder cannot be opened.
  static std::optional<Site> open(const std::string& root, SiteConfig config);
  Answer answer(const Query& query) const;  // blocking: disk

 private:
  struct Found;
  Site(FileHandle root, SiteConfig config) : root_(std::move(root)), config_(std::move(config)) {}
  std::optional<Found> find(const std::string& file) const;
  Answer serve(Found found, const Query& query, const std::string& url) const;
  Answer missing(int status, const Query& query) const;
  void add_configured_headers(Answer& answer, const std::string& url) const;

  FileHandle root_;
  SiteConfig config_;
};

}  // namespace davit::static_site
