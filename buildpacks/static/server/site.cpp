#include "buildpacks/static/server/site.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "buildpacks/static/server/request_path.hpp"

namespace davit::static_site {
namespace {

constexpr int file_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// Where openat2(2) is not allowed: follows no link at all.
int open_without_links(int root, const std::string& path) {
  FileHandle folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  std::size_t begin = 0;
  for (;;) {
    const std::size_t slash = path.find('/', begin);
    const std::string part = path.substr(begin, slash - begin);
    if (slash == std::string::npos) {
      return ::openat(folder.fd, part.c_str(), file_flags | O_NOFOLLOW);
    }
    folder = FileHandle(::openat(folder.fd, part.c_str(), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.fd < 0) return -1;
    begin = slash + 1;
  }
}

int open_within(int root, const std::string& path) {
  const std::string name = path.empty() ? "." : path;
  struct open_how how {};
  how.flags = file_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, root, name.c_str(), &how, sizeof how));
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return open_without_links(root, name);
  return fd;
}

std::string tag_of(const struct stat& status) {
  char tag[64];
  std::snprintf(tag, sizeof tag, "\"%llx-%llx-%llx\"",
                static_cast<unsigned long long>(status.st_mtim.tv_sec),
                static_cast<unsigned long long>(status.st_mtim.tv_nsec),
                static_cast<unsigned long long>(status.st_size));
  return tag;
}

bool not_modified(const Query& query, const std::string& tag, std::time_t modified) {
  if (!query.if_none_match.empty()) return tag_listed(query.if_none_match, tag);
  if (query.if_modified_since.empty()) return false;
  const auto since = parse_http_date(query.if_modified_since);
  return since && modified <= *since;
}

bool range_wanted(const Query& query, const std::string& tag, std::time_t modified) {
  if (query.range.empty() || query.method != "GET") return false;
  if (query.if_range.empty() || query.if_range == tag) return true;
  const auto date = parse_http_date(query.if_range);
  return date && *date == modified;
}

Answer plain(int status, const char* text) {
  Answer answer;
  answer.status = status;
  answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  answer.text = text;
  answer.body_bytes = answer.text.size();
  return answer;
}

Answer redirect(const std::string& url) {
  Answer answer = plain(301, "Moved\n");
  answer.headers.emplace_back("Location", url);
  return answer;
}

}  // namespace

FileHandle::~FileHandle() {
  if (fd >= 0) ::close(fd);
}

struct Site::Found {
  FileHandle file;
  struct stat status;
  std::string name;
  bool is_directory() const { return S_ISDIR(status.st_mode); }
};

std::optional<Site> Site::open(const std::string& root, SiteConfig config) {
  FileHandle folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd < 0) return std::nullopt;
  return Site(std::move(folder), std::move(config));
}

std::optional<Site::Found> Site::find(const std::string& file) const {
  Found found{FileHandle(open_within(root_.fd, file)), {}, file};
  if (found.file.fd < 0 || ::fstat(found.file.fd, &found.status) != 0) return std::nullopt;
  if (!S_ISREG(found.status.st_mode) && !found.is_directory()) return std::nullopt;
  return found;
}

Answer Site::answer(const Query& query) const {
  if (query.method != "GET" && query.method != "HEAD") {
    Answer answer = plain(405, "Only GET and HEAD are served here\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  auto parsed = parse_target(query.target);
  if (!parsed.path) return missing(parsed.error == PathError::hidden ? 404 : 400, query);
  RequestPath& path = *parsed.path;
  const std::string file = path.file();

  auto found = find(file);
  if (found && found->is_directory()) {
    auto index = find(file.empty() ? "index.html" : file + "/index.html");
    const bool has_index = index && !index->is_directory();
    if (has_index && !path.trailing_slash) {
      path.trailing_slash = true;
      return redirect(path.url());
    }
    found = has_index ? std::move(index) : std::nullopt;
  } else if (found && path.trailing_slash) {
    found.reset();
  }
  if (!found && config_.clean_urls && !file.empty()) {
    found = find(file + ".html");
    if (found && found->is_directory()) found.reset();
  }
  const std::string url = path.url();
  if (!found) {
    for (const auto& [pattern, target] : config_.routes) {
      if (!route_matches(pattern, url)) continue;
      found = find(target);
      if (found && found->is_directory()) found.reset();
      break;
    }
  }
  if (!found) return missing(404, query);
  return serve(std::move(*found), query, url);
}

Answer Site::serve(Found found, const Query& query, const std::string& url) const {
  Answer answer;
  const std::string tag = tag_of(found.status);
  const std::time_t modified = found.status.st_mtim.tv_sec;
  answer.headers.emplace_back("Content-Type", std::string(mime_type(found.name)));
  answer.headers.emplace_back("ETag", tag);
  answer.headers.emplace_back("Last-Modified", http_date(modified));
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  add_configured_headers(answer, url);
  if (not_modified(query, tag, modified)) {
    answer.status = 304;
    return answer;
  }
  const auto size = static_cast<std::uint64_t>(found.status.st_size);
  answer.part = {0, size == 0 ? 0 : size - 1};
  answer.body_bytes = size;
  if (range_wanted(query, tag, modified)) {
    const RangeAnswer asked = parse_range(query.range, size);
    const std::string total = std::to_string(size);
    if (asked.kind == RangeKind::unsatisfiable) {
      answer.status = 416;
      answer.headers.emplace_back("Content-Range", "bytes */" + total);
      answer.body_bytes = 0;
      return answer;
    }
    if (asked.kind == RangeKind::part) {
      answer.status = 206;
      answer.part = asked.range;
      answer.body_bytes = asked.range.last - asked.range.first + 1;
      answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(asked.range.first) +
                                                       "-" + std::to_string(asked.range.last) +
                                                       "/" + total);
    }
  }
  answer.file = std::move(found.file);
  return answer;
}

Answer Site::missing(int status, const Query&) const {
  if (status == 400) return plain(400, "This address is malformed\n");
  auto page = find(config_.error_page);
  if (!page || page->is_directory()) return plain(404, "Not found\n");
  Answer answer;
  answer.status = 404;
  answer.headers.emplace_back("Content-Type", std::string(mime_type(page->name)));
  answer.body_bytes = static_cast<std::uint64_t>(page->status.st_size);
  answer.part = {0, answer.body_bytes == 0 ? 0 : answer.body_bytes - 1};
  answer.file = std::move(page->file);
  return answer;
}

void Site::add_configured_headers(Answer& answer, const std::string& url) const {
  for (const auto& rule : config_.headers) {
    if (!route_matches(rule.pattern, url)) continue;
    answer.headers.insert(answer.headers.end(), rule.headers.begin(), rule.headers.end());
  }
}

}  // namespace davit::static_site
