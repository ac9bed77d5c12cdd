#pragma once
#include <string>
#include <vector>

#include "server/git/receive_pack.hpp"
#include "server/git/report.hpp"
#include "server/git/repository.hpp"

namespace davit::git {

// What becomes of each command of a push, decided without touching anything. Pure.
class PushPlan {
 public:
  explicit PushPlan(const PushRequest& request);

  // Refuses single commands: names, deleting the deploy branch, refs that moved since the client
  // looked, names that clash with others. With `atomic` one refusal refuses all. May be called
  // again with newer refs.
  void check(const Refs& refs);
  // The branch moved while this push waited, to something that the push is built upon: take that
  // for its base.
  void follow(const std::string& ref, const CommitId& now);
  void refuse_all(const std::string& reason);  // those that are not refused already

  std::vector<RefCommand> accepted() const;
  // The one to deploy: main, else master; nullptr when neither is created or changed.
  const RefCommand* deploy() const;
  // Told to the pusher: branches that are kept but not deployed.
  std::string notes() const;
  std::vector<RefOutcome> outcomes() const;

 private:
  struct Entry {
    RefCommand command;
    std::string reason;  // empty: accepted
  };
  std::string refusal(const Entry& entry, const Refs& refs) const;

  std::vector<Entry> entries_;
  bool atomic_ = false;
};

}  // namespace davit::git
