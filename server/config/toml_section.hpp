#pragma once
#include <toml++/toml.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::config {

// One table of a TOML file, read key by key: the first error sticks, and a key that nobody asked
// for is an error too. For source files of this folder only. The table must outlive it.
class TomlSection {
 public:
  // `name` as errors show it: "sizes.small"; empty for the outermost.
  TomlSection(const toml::table& table, std::string name) : table_(table), name_(std::move(name)) {}

  void text(std::string_view key, std::optional<std::string>& out);
  void texts(std::string_view key, std::vector<std::string>& out);
  void flag(std::string_view key, bool& out);
  void number(std::string_view key, std::int64_t min, std::int64_t max,
              std::optional<std::uint32_t>& out);
  // A text that `parse` understands.
  template <class T>
  void parsed(std::string_view key, const std::function<Result<T>(std::string_view)>& parse,
              std::optional<T>& out) {
    std::optional<std::string> written;
    text(key, written);
    if (!written) return;
    auto value = parse(*written);
    if (value) {
      out = *value;
    } else {
      refuse(key, value.error().message);
    }
  }
  // A table within; nullptr when there is none.
  const toml::table* table(std::string_view key);
  // The tables of [[key]]; empty when there are none.
  std::vector<const toml::table*> tables(std::string_view key);
  void know(std::string_view key) { known_.emplace(key); }  // it is fine to be there
  void refuse(std::string_view key, std::string_view why);

  // The first error, or one about a key that was not asked for.
  Result<> finish();
  const toml::table& all() const { return table_; }

 private:
  const toml::node* node(std::string_view key);
  std::string path_of(std::string_view key) const;

  const toml::table& table_;
  std::string name_;
  std::set<std::string, std::less<>> known_;
  Result<> result_;
};

}  // namespace davit::config
