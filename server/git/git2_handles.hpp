#pragma once
// For the .cpp files of this folder that talk to libgit2, and for no header.
#include <git2.h>

#include <memory>
#include <string_view>

#include "base/encoding.hpp"
#include "base/result.hpp"

namespace davit::git {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using ObjectHandle = std::unique_ptr<git_object, Deleter<git_object_free>>;
using TreeHandle = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using BlobHandle = std::unique_ptr<git_blob, Deleter<git_blob_free>>;
using CommitHandle = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using ReferenceIterator =
    std::unique_ptr<git_reference_iterator, Deleter<git_reference_iterator_free>>;
using TransactionHandle = std::unique_ptr<git_transaction, Deleter<git_transaction_free>>;
using WalkHandle = std::unique_ptr<git_revwalk, Deleter<git_revwalk_free>>;
using IndexerHandle = std::unique_ptr<git_indexer, Deleter<git_indexer_free>>;
using ConfigHandle = std::unique_ptr<git_config, Deleter<git_config_free>>;

// Receives a C function's out parameter: git_repository_open(Out(handle), path).
template <class Handle>
class Out {
 public:
  explicit Out(Handle& handle) : handle_(handle) {}
  ~Out() { handle_.reset(raw_); }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  operator typename Handle::pointer *() { return &raw_; }

 private:
  Handle& handle_;
  typename Handle::pointer raw_ = nullptr;
};

// Reads libgit2's error text at once: the next call of this thread replaces it.
inline Result<> check(int rc, std::string_view doing) {
  if (rc >= 0) return {};
  const git_error* last = git_error_last();
  const auto code = rc == GIT_ENOTFOUND ? Errc::not_found : Errc::io;
  const char* text = last != nullptr && last->message != nullptr ? last->message : "failed";
  return fail(code, "{}: {}", doing, printable(text, 200));
}

}  // namespace davit::git
