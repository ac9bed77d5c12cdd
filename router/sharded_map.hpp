#pragma once
#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace davit::router {

// A map whose copies share what they have in common: a copy that is changed in a few places costs a
// few shards, not all entries. Keys are views; who fills it keeps their text. Reading: any thread.
// Changing: one thread, on a copy that no other thread has yet.
template <class Value>
class ShardedMap {
 public:
  const Value* find(std::string_view key) const {
    const auto& shard = shards_[index_of(key)];
    if (!shard) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : &found->second;
  }
  // false: the key is there already, and keeps its value.
  bool insert(std::string_view key, Value value) {
    return own(index_of(key)).emplace(key, std::move(value)).second;
  }
  void erase(std::string_view key) {
    if (find(key) != nullptr) own(index_of(key)).erase(key);
  }
  template <class Visit>  // (const Value&)
  void for_each(Visit visit) const {
    for (const auto& shard : shards_) {
      if (!shard) continue;
      for (const auto& [key, value] : *shard) visit(value);
    }
  }
  std::size_t size() const {
    std::size_t count = 0;
    for (const auto& shard : shards_) count += shard ? shard->size() : 0;
    return count;
  }

 private:
  // Ten thousand apps: some forty in each.
  static constexpr std::size_t shard_count = 256;
  using Shard = std::unordered_map<std::string_view, Value>;

  // Not the low bits, by which the shard itself finds its buckets.
  static std::size_t index_of(std::string_view key) {
    return (std::hash<std::string_view>{}(key) >> 40) % shard_count;
  }
  Shard& own(std::size_t index) {
    auto& shard = shards_[index];
    if (!shard) {
      shard = std::make_shared<Shard>();
    } else if (shard.use_count() > 1) {
      shard = std::make_shared<Shard>(*shard);
    }
    return *shard;
  }

  std::array<std::shared_ptr<Shard>, shard_count> shards_;
};

}  // namespace davit::router
