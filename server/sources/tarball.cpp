#include "server/sources/tarball.hpp"

#include <boost/asio/post.hpp>

#include "base/files.hpp"
#include "base/log.hpp"

namespace davit::sources {

Result<> TarballLedger::add(const UserId& user, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::uint64_t& mine = by_user_[user];
  if (mine + bytes > limits_.each) {
    return fail(Errc::limit_exceeded,
                "your sources that wait for their build take more than {} MB; try again when they "
                "are built",
                limits_.each / (1024 * 1024));
  }
  if (total_ + bytes > limits_.all) {
    return fail(Errc::unavailable,
                "too much source waits for its build on this server; try again later");
  }
  mine += bytes;
  total_ += bytes;
  return {};
}

void TarballLedger::remove(const UserId& user, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  total_ -= bytes;
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return;
  found->second -= bytes;
  if (found->second == 0) by_user_.erase(found);
}

std::uint64_t TarballLedger::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

Tarball::Tarball(Setup setup, std::shared_ptr<TarballLedger> ledger, asio::thread_pool& workers)
    : path_(std::move(setup.path)),
      user_(std::move(setup.user)),
      bytes_max_(setup.limits.bytes),
      budget_(path_.substr(0, path_.rfind('/')), setup.limits),
      ledger_(std::move(ledger)),
      workers_(workers) {}

Tarball::~Tarball() {
  asio::post(workers_, [path = path_, user = user_, bytes = bytes_, ledger = ledger_] {
    const Result<> removed = remove_tree(path);
    if (!removed) {
      log::warning("a tarball stays", {{"error", removed.error().message}});
      return;  // and counts
    }
    ledger->remove(user, bytes);
  });
}

Result<> Tarball::grow(std::uint64_t bytes) {
  if (const auto taken = budget_.take_bytes(bytes); !taken) {
    if (taken.error().code != Errc::too_large) return taken;
    return fail(Errc::too_large,
                "The source is larger than {} MB; leave out what is not needed to build it",
                bytes_max_ / (1024 * 1024));
  }
  DAVIT_TRY(ledger_->add(user_, bytes));
  bytes_ += bytes;
  return {};
}

}  // namespace davit::sources
