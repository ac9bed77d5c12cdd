#include "server/git/remote_repository.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/encoding.hpp"
#include "server/fetch/address.hpp"
#include "server/git/objects.hpp"
#include "server/git/quarantine.hpp"
#include "server/git/repository.hpp"

namespace davit::git {
namespace {

constexpr const char* git_agent = "git/2.0 (davit)";  // servers look for "git/"
constexpr std::string_view service = "/git-upload-pack";
constexpr std::string_view discovery = "/info/refs?service=git-upload-pack";
constexpr std::uint64_t advertisement_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t remote_refs_max = 100'000;  // of a large project with all its pull requests
constexpr std::size_t names_shown_max = 12;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool may_begin_commit(std::string_view name) {
  return name.size() >= 7 && name.size() <= 40 && is_hex(name);
}

std::string_view trimmed_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

Error nothing_at(const std::string& url, const std::string& name, const Advertisement& server) {
  if (server.empty()) return fail(Errc::not_found, "'{}' is an empty repository", url);
  std::string list;
  std::size_t shown = 0;
  for (const std::string& one : server.branches()) {
    if (++shown <= names_shown_max) list += (list.empty() ? "" : ", ") + printable(one, 60);
  }
  return fail(Errc::not_found, "'{}' has no branch, tag or commit \"{}\"; it has {}", url,
              printable(name, 80), list.empty() ? "no branches" : list);
}

// Everything of a body at once; the caller's request has the limit.
Result<fetch::Fetched> ask(const fetch::Fetcher& fetcher, const fetch::FetchRequest& request,
                           std::string& body, std::stop_token stop) {
  const auto take = [&body](std::string_view bytes) {
    body += bytes;
    return Result<>();
  };
  return fetcher.fetch(request, take, std::move(stop));
}

std::string request_body(const std::vector<std::string>& wants, const Advertisement& server,
                         bool shallow) {
  std::string capabilities = " side-band-64k";
  for (const char* one : {"ofs-delta", "no-progress"}) {
    if (server.can(one)) capabilities += std::string(" ") + one;
  }
  if (shallow) capabilities += " shallow";
  std::string body;
  for (std::size_t i = 0; i < wants.size(); ++i) {
    body += pkt_line("want " + wants[i] + (i == 0 ? capabilities : "") + "\n");
  }
  if (shallow) body += pkt_line("deepen 1\n");
  body += pkt_flush;
  return body + pkt_line("done\n");
}

Error sized(const Error& error, const PushLimits& limits) {
  if (error.code != Errc::too_large) return error;
  return fail(Errc::too_large, "the repository is larger than {} MB",
              limits.pack_bytes_max / (1024 * 1024));
}

Result<CommitId> commit_of(git_object& object, const std::string& name) {
  ObjectHandle commit;
  DAVIT_TRY(check(git_object_peel(Out(commit), &object, GIT_OBJECT_COMMIT),
                  fmt::format("commit {}", printable(name, 80))));
  char text[GIT_OID_HEXSZ + 1] = {};
  git_oid_tostr(text, sizeof(text), git_object_id(commit.get()));
  return CommitId::parse(text);
}

// A commit by its id, or by the beginning of it.
Result<CommitId> peel(git_repository& repository, const std::string& name) {
  if (!is_hex(name) || name.empty()) {
    return fail(Errc::not_found, "it has no branch, tag or commit \"{}\"", printable(name, 80));
  }
  git_oid id{};
  DAVIT_TRY(check(git_oid_fromstrn(&id, name.c_str(), name.size()), "read a commit id"));
  ObjectHandle found;
  DAVIT_TRY(
      check(git_object_lookup_prefix(Out(found), &repository, &id, name.size(), GIT_OBJECT_ANY),
            fmt::format("commit {}", name)));
  return commit_of(*found, name);
}

Result<CommitId> peel(const std::string& folder, const std::string& name) {
  const Libgit2User library;
  auto objects = open_objects(folder, "");
  if (!objects) return std::move(objects).error();
  return peel(*objects->repository, name);
}

}  // namespace

bool is_commit_id(std::string_view text) { return text.size() == 40 && is_hex(text); }

Result<Advertisement> Advertisement::parse(std::string_view body) {
  Advertisement server;
  PktReader reader;
  reader.feed(body);
  bool first = true;
  int flushes = 0;  // one after "# service", one at the end
  while (flushes < 2) {
    auto packet = reader.next();
    if (!packet) return std::move(packet).error();
    if (!*packet) return fail(Errc::corrupt, "its list of branches ends too early");
    if ((*packet)->kind != Packet::Kind::data) {
      ++flushes;
      continue;
    }
    const std::string_view line = trimmed_line((*packet)->payload);
    if (line.starts_with("# service=")) continue;
    if (line.starts_with("ERR ")) {
      return fail(Errc::unavailable, "it says: {}", printable(line.substr(4), 200));
    }
    if (flushes == 0) ++flushes;  // a server that leaves the announcement out
    DAVIT_TRY(server.take(std::string(line), first));
    first = false;
  }
  return server;
}

Result<> Advertisement::take(std::string line, bool first) {
  if (first) {
    const std::size_t end = line.find('\0');
    std::string_view words = end == line.npos ? "" : std::string_view(line).substr(end + 1);
    while (!words.empty()) {
      const std::size_t space = words.find(' ');
      capabilities_.emplace(words.substr(0, space));
      words.remove_prefix(space == words.npos ? words.size() : space + 1);
    }
    if (end != line.npos) line.resize(end);
  }
  if (line.starts_with("shallow ")) return {};
  const std::string id = line.substr(0, 40);
  if (line.size() < 42 || line[40] != ' ' || !is_commit_id(id)) {
    return fail(Errc::corrupt, "its list of branches is none of git's: \"{}\"",
                printable(line, 80));
  }
  if (line.compare(41, std::string::npos, "capabilities^{}") == 0) return {};  // none at all
  if (refs_.size() >= remote_refs_max) {
    return fail(Errc::limit_exceeded, "it has more than {} branches and tags", remote_refs_max);
  }
  refs_.emplace(line.substr(41), id);
  return {};
}

std::string Advertisement::id_of(const std::string& name) const {
  const std::string wanted = name.empty() ? "HEAD" : name;
  std::vector<std::string> candidates;
  if (!name.empty() && !name.starts_with("refs/")) {
    candidates = {"refs/heads/" + wanted, "refs/tags/" + wanted};
  } else {
    candidates = {wanted};
  }
  for (const std::string& ref : candidates) {
    const auto peeled = refs_.find(ref + "^{}");
    if (peeled != refs_.end()) return peeled->second;
    const auto found = refs_.find(ref);
    if (found != refs_.end()) return found->second;
  }
  return {};
}

bool Advertisement::names(const std::string& id) const {
  return std::ranges::any_of(refs_, [&](const auto& ref) { return ref.second == id; });
}

std::vector<std::string> Advertisement::branches() const {
  constexpr std::string_view folder = "refs/heads/";
  std::vector<std::string> names;
  for (const auto& [ref, id] : refs_) {
    if (ref.starts_with(folder)) names.push_back(ref.substr(folder.size()));
  }
  return names;
}

std::vector<std::string> Advertisement::tips() const {
  std::set<std::string> ids;
  for (const auto& [ref, id] : refs_) {
    const bool wanted = ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/");
    if (wanted && !ref.ends_with("^{}")) ids.insert(id);
  }
  return {ids.begin(), ids.end()};
}

Result<std::string> PackStream::feed(std::string_view bytes) {
  reader_.feed(bytes);
  std::string pack;
  while (!ended_) {
    auto packet = reader_.next();
    if (!packet) return std::move(packet).error();
    if (!*packet) break;
    DAVIT_TRY(take(**packet, pack));
  }
  return pack;
}

Result<> PackStream::take(const Packet& packet, std::string& pack) {
  if (packet.kind != Packet::Kind::data) {
    if (in_shallow_) {
      in_shallow_ = false;  // the end of the list of commits that have no history
    } else {
      ended_ = true;
    }
    return {};
  }
  if (packet.payload.starts_with("ERR ")) {
    return fail(Errc::unavailable, "it says: {}",
                printable(trimmed_line(packet.payload).substr(4), 200));
  }
  if (in_shallow_) return {};
  if (!in_pack_) {
    in_pack_ = true;
    const bool answered = packet.payload.starts_with("NAK") || packet.payload.starts_with("ACK ");
    return answered ? Result<>() : fail(Errc::corrupt, "its answer is none of git's");
  }
  switch (packet.payload.empty() ? 0 : packet.payload[0]) {
    case 1: pack.append(packet.payload, 1); return {};
    case 2: return {};  // progress
    case 3: return fail(Errc::unavailable, "it says: {}", printable(packet.payload.substr(1), 200));
    default: return fail(Errc::corrupt, "its answer is none of git's");
  }
}

Result<RemoteCommit> look_up(const fetch::Fetcher& fetcher, const RemoteRequest& request,
                             std::stop_token stop) {
  std::string url = request.url;
  while (url.ends_with('/')) url.pop_back();
  fetch::FetchRequest wanted;
  wanted.url = url + std::string(discovery);
  wanted.bytes_max = advertisement_bytes_max;
  wanted.time_limit = request.time_limit;
  wanted.agent = git_agent;
  std::string body;
  auto fetched = ask(fetcher, wanted, body, std::move(stop));
  if (!fetched) return std::move(fetched).error();
  const std::string shown = fetch::shown_url(url);
  if (!fetched->type.starts_with("application/x-git-upload-pack-advertisement") ||
      !fetched->url.ends_with(discovery)) {
    return fail(Errc::not_found, "'{}' is no git repository", shown);
  }
  auto server = Advertisement::parse(body);
  if (!server) return fail(server.error().code, "'{}': {}", shown, server.error().message);
  RemoteCommit found;
  const std::string base = fetched->url.substr(0, fetched->url.size() - discovery.size());
  found.base = fetch::with_userinfo_of(base, url);
  found.commit = server->id_of(request.name);
  if (found.commit.empty() && is_commit_id(request.name)) found.commit = request.name;
  if (found.commit.empty() && !may_begin_commit(request.name)) {
    return nothing_at(shown, request.name, *server);
  }
  found.server = std::move(*server);
  return found;
}

Result<CommitId> download(const fetch::Fetcher& fetcher, const RemoteRequest& request,
                          const RemoteCommit& at, const std::string& folder, std::stop_token stop) {
  const Libgit2User library;
  DAVIT_TRY(create_repository(folder));
  const auto named = [&](const Error& error) {
    return fail(error.code, "'{}': {}", fetch::shown_url(at.base), error.message);
  };
  if (!at.server.can("side-band-64k")) {
    return named(fail(Errc::unavailable, "its git server is too old"));
  }
  const bool alone = !at.commit.empty() &&
                     (at.server.names(at.commit) || at.server.can("allow-any-sha1-in-want") ||
                      at.server.can("allow-reachable-sha1-in-want"));
  const bool shallow = alone && at.server.can("shallow");
  std::vector<std::string> wants = alone ? std::vector{at.commit} : at.server.tips();
  fetch::FetchRequest wanted;
  wanted.url = at.base + std::string(service);
  wanted.accept = "application/x-git-upload-pack-result";
  wanted.body_type = "application/x-git-upload-pack-request";
  wanted.body = request_body(wants, at.server, shallow);
  wanted.bytes_max = request.limits.pack_bytes_max + request.limits.pack_bytes_max / 64;
  wanted.time_limit = request.time_limit;
  wanted.agent = git_agent;

  std::atomic<bool> stopped = false;
  const std::stop_callback on_stop(stop, [&] { stopped = true; });
  auto quarantine = Quarantine::create(folder, request.limits, stopped);
  if (!quarantine) return std::move(quarantine).error();
  PackStream stream(shallow);
  std::optional<Error> refused;
  const auto take = [&](std::string_view bytes) -> Result<> {
    const auto pack = stream.feed(bytes);
    Result<> taken =
        pack ? (pack->empty() ? Result<>() : (*quarantine)->append(*pack)) : Result<>(pack.error());
    if (!taken) refused = taken.error();
    return taken;
  };
  const auto fetched = fetcher.fetch(wanted, take, stop);
  if (refused) return named(sized(*refused, request.limits));
  if (!fetched) return fetched.error();
  if (!stream.ended()) return named(fail(Errc::corrupt, "the download ends too early"));
  if (auto done = (*quarantine)->finish(); !done) return named(done.error());
  DAVIT_TRY((*quarantine)->migrate());
  auto commit = peel(folder, at.commit.empty() ? request.name : at.commit);
  if (!commit) {
    return named(fail(Errc::not_found, "it has no commit \"{}\"", printable(request.name, 80)));
  }
  return commit;
}

// Branches and tags first, as a remote one is read: "decade" is a name, and hexadecimal.
Result<CommitId> local_commit(const std::string& repository, const std::string& name) {
  const Libgit2User library;
  auto objects = open_objects(repository, "");
  if (!objects) return std::move(objects).error();
  git_repository& opened = *objects->repository;
  for (const char* folder : {"refs/heads/", "refs/tags/", ""}) {
    const std::string ref = name.empty() ? "HEAD" : folder + name;
    ReferenceHandle found;
    if (git_reference_lookup(Out(found), &opened, ref.c_str()) != 0) continue;
    ObjectHandle commit;
    DAVIT_TRY(check(git_reference_peel(Out(commit), found.get(), GIT_OBJECT_COMMIT),
                    fmt::format("commit of {}", printable(ref, 80))));
    return commit_of(*commit, ref);
  }
  return peel(opened, name);
}

}  // namespace davit::git
