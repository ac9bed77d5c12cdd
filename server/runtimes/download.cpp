#include "server/runtimes/download.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"
#include "server/archive/digest.hpp"
#include "server/archive/unpack.hpp"
#include "server/fetch/address.hpp"
#include "server/runtimes/limits.hpp"

namespace davit::runtimes {
namespace {

std::string machine_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "unknown";
}

std::string file_of(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

Result<archive::Digest> digest_of(const Candidate& candidate, const fetch::Fetcher& fetcher,
                                  const std::stop_token& stop) {
  if (!candidate.integrity.empty()) return archive::Digest::from_integrity(candidate.integrity);
  if (!candidate.sha256.empty()) return archive::Digest::from_hex(candidate.sha256);
  const auto list = fetcher.text(
      {candidate.checksums_url, "*/*", limits::list_bytes_max, limits::list_time_limit}, stop);
  if (!list) return list.error();
  const auto hex = checksum_in(*list, file_of(candidate.url));
  if (!hex) return hex.error();
  return archive::Digest::from_hex(*hex);
}

struct Name {
  std::string_view language;
  const char* file;    // below the runtime's folder
  const char* link;    // made beside it, where it is not there
  const char* target;  // of the link
};
// What npm's packages call their programs.
constexpr Name names[] = {{"pnpm", "bin/pnpm.cjs", "bin/pnpm", "pnpm.cjs"},
                          {"pnpm", "bin/pnpm.mjs", "bin/pnpm", "pnpm.mjs"},
                          {"deno", "deno", "bin/deno", "../deno"},
                          {"bun", "bin/bun", "bin/bunx", "bun"},
                          {"yarn", "bin/yarn.js", "bin/yarn", "yarn.js"},
                          {"yarn", "bin/yarn", "bin/yarnpkg", "yarn"},
                          {"node", "lib/node_modules/npm/bin/npm-cli.js", "bin/npm",
                           "../lib/node_modules/npm/bin/npm-cli.js"},
                          {"node", "lib/node_modules/npm/bin/npx-cli.js", "bin/npx",
                           "../lib/node_modules/npm/bin/npx-cli.js"},
                          {"python", "bin/python3", "bin/python", "python3"}};

}  // namespace

Downloads::Downloads(Mirrors mirrors, std::map<std::string, std::string> environment,
                     const Clock& clock, StoreFolder& store, std::stop_token stop)
    : mirrors_(std::move(mirrors)),
      fetcher_(std::move(environment)),
      clock_(clock),
      store_(store),
      stop_(std::move(stop)),
      machine_(machine_name()) {}

Result<std::vector<Candidate>> Downloads::list_of(const Listing& listing) {
  const auto kept = lists_.find(listing.url);
  if (kept != lists_.end() && clock_.steady() < kept->second.until) return kept->second.list;
  const auto text = fetcher_.text(
      {listing.url, listing.accept, limits::list_bytes_max, limits::list_time_limit}, stop_);
  Result<std::vector<Candidate>> list =
      text ? listing.parse(*text) : Result<std::vector<Candidate>>(text.error());
  const std::chrono::minutes keep = list ? limits::list_kept : limits::failure_kept;
  lists_.insert_or_assign(listing.url, Kept{list, clock_.steady() + keep});
  return list;
}

Downloads::Offer Downloads::find(const Ask& ask) {
  Offer offer;
  const auto listings = listings_of(*ask.language, mirrors_, machine_);
  if (listings.empty()) offer.failures.emplace_back("no source is set up for it ([runtimes])");
  for (const Listing& listing : listings) {
    const auto list = list_of(listing);
    if (!list) {
      offer.failures.push_back(list.error().message);
      continue;
    }
    if (const Candidate* best = pick(ask, *list)) {
      offer.candidate = *best;
      return offer;
    }
    offer.failures.push_back(fmt::format("'{}' has none", fetch::shown_url(listing.url)));
  }
  return offer;
}

Result<> Downloads::unpack_into(const Candidate& candidate, const std::string& folder,
                                const std::string& target) {
  const auto digest = digest_of(candidate, fetcher_, stop_);
  if (!digest) return digest.error();
  const std::string file = folder + "/.download";
  DAVIT_TRY(fetcher_.to_file(
      {candidate.url, "*/*", limits::download_bytes_max, limits::download_time_limit}, file,
      stop_));
  const auto same = digest->check(file, stop_);
  if (!same && same.error().code == Errc::cancelled) return same;
  if (!same) {
    return fail(Errc::corrupt, "'{}' is not what its source says: {}",
                fetch::shown_url(candidate.url), same.error().message);
  }
  DAVIT_TRY(make_directories(target, 0755));
  DAVIT_TRY(archive::unpack({file, target, 1, limits::archive_entries_max,
                             limits::archive_bytes_max, limits::archive_depth_max, stop_}));
  if (::unlink(file.c_str()) != 0) return fail_errno(errno, fmt::format("remove '{}'", file));
  return {};
}

// The registry's package of Node.js is the program alone.
Result<> Downloads::add_npm(const Version& node, const std::string& folder) {
  const auto listing = npm_listing(mirrors_);
  if (!listing) return {};
  const auto list = list_of(*listing);
  if (!list) return list.error();
  const Ask ask{find_language("node"), npm_range_for(node), {}, {}, true};
  const Candidate* npm = pick(ask, *list);
  if (npm == nullptr)
    return fail(Errc::not_found, "the npm registry has no npm for Node.js {}", node.str());
  return unpack_into(*npm, folder, folder + "/lib/node_modules/npm");
}

Result<> Downloads::install(const Language& language, const Candidate& candidate) {
  const auto fill = [&](const std::string& folder) -> Result<> {
    DAVIT_TRY(unpack_into(candidate, folder, folder));
    const bool lacks_npm =
        language.name == "node" && ::access((folder + "/lib/node_modules/npm").c_str(), F_OK) != 0;
    if (lacks_npm) DAVIT_TRY(add_npm(candidate.version, folder));
    return tidy_up(language, folder);
  };
  return store_.add(std::string(language.name), candidate.version, fill);
}

Result<> tidy_up(const Language& language, const std::string& folder) {
  DAVIT_TRY(make_directories(folder + "/bin", 0755));
  for (const Name& name : names) {
    const std::string file = folder + "/" + name.file;
    if (name.language != language.name || ::access(file.c_str(), F_OK) != 0) continue;
    // Packages come with programs that are not executable: npm makes its own links to them.
    if (::access(file.c_str(), X_OK) != 0 && ::chmod(file.c_str(), 0755) != 0) {
      return fail_errno(errno, fmt::format("chmod '{}'", file));
    }
    const std::string link = folder + "/" + name.link;
    struct stat there {};
    const bool linked = ::lstat(link.c_str(), &there) == 0;
    if (!linked && ::symlink(name.target, link.c_str()) != 0) {
      return fail_errno(errno, fmt::format("link '{}'", link));
    }
  }
  const std::string program = folder + "/" + std::string(language.executable);
  if (::access(program.c_str(), X_OK) == 0) return {};
  return fail(Errc::invalid_argument, "there is no {} in it: that is no {}", language.executable,
              language.title);
}

}  // namespace davit::runtimes
