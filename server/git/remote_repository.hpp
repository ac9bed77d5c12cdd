#pragma once
#include <chrono>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "server/fetch/fetcher.hpp"
#include "server/git/limits.hpp"
#include "server/git/pkt_line.hpp"

// The client's side of git over HTTP (gitprotocol-http(5), version 0), as far as one commit's files
// need it: a stranger's repository is read without a history where its server allows that.
namespace davit::git {

// What a server says first: its refs and what it can do. Sans I/O.
class Advertisement {
 public:
  // Errors: corrupt (no git server), limit_exceeded.
  static Result<Advertisement> parse(std::string_view body);

  // The id that `name` stands for: a branch, a tag or a whole ref; "" is the default branch. An
  // annotated tag is its commit. Empty where there is none.
  std::string id_of(const std::string& name) const;
  bool can(const std::string& capability) const { return capabilities_.contains(capability); }
  bool names(const std::string& id) const;  // some ref is at this commit
  std::vector<std::string> tips() const;    // of branches and tags, each once
  std::vector<std::string> branches() const;
  bool empty() const { return refs_.empty(); }

 private:
  Result<> take(std::string line, bool first);
  std::map<std::string, std::string> refs_;  // "refs/tags/v1^{}" too
  std::set<std::string> capabilities_;
};

// What comes back for a request: the pack out of its frames. Sans I/O.
class PackStream {
 public:
  explicit PackStream(bool shallow) : in_shallow_(shallow) {}
  // The pack's next bytes. Errors: corrupt; unavailable with the server's own words.
  Result<std::string> feed(std::string_view bytes);
  bool ended() const { return ended_; }

 private:
  Result<> take(const Packet& packet, std::string& pack);
  PktReader reader_;
  bool in_shallow_;
  bool in_pack_ = false;
  bool ended_ = false;
};

struct RemoteRequest {
  std::string url;   // http or https; may hold user and password
  std::string name;  // branch, tag, commit or the beginning of one; "": the default branch
  PushLimits limits;
  std::chrono::milliseconds time_limit{0};  // for each of two requests
};

// What a name stands for in a remote repository now. `commit` is empty where only a download can
// tell: `name` begins a commit's id, perhaps.
struct RemoteCommit {
  std::string commit;
  std::string base;  // the address that answered, after redirects
  Advertisement server;
};

// Blocking; any thread. Errors: not_found (no repository, no such name; the text lists some that
// are there), unavailable, timeout, forbidden (see fetch::Guard), corrupt.
Result<RemoteCommit> look_up(const fetch::Fetcher& fetcher, const RemoteRequest& request,
                             std::stop_token stop);

// Makes a bare repository at `folder` (must not exist) that has the commit and its files; returns
// its id. Errors as above, and too_large, limit_exceeded.
Result<CommitId> download(const fetch::Fetcher& fetcher, const RemoteRequest& request,
                          const RemoteCommit& at, const std::string& folder, std::stop_token stop);

// The commit that a name stands for in a repository on this machine.
Result<CommitId> local_commit(const std::string& repository, const std::string& name);

bool is_commit_id(std::string_view text);  // all 40 digits

}  // namespace davit::git
