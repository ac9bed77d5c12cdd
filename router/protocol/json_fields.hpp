#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// Reads members of a JSON object into fields; the first error sticks and names the member by its
// path. For source files of this folder only.
namespace davit::router {

class JsonFields {
 public:
  // `where` is the object's own path, "apps[3]", or empty for the outermost. Both must outlive
  // this.
  JsonFields(const nlohmann::json& object, std::string where)
      : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) {
      error_ = fail(Errc::corrupt, "'{}' must be an object", where_.empty() ? "message" : where_);
    }
  }

  void read(const char* name, std::string& out);
  void read(const char* name, std::vector<std::string>& out);
  void read(const char* name, std::vector<std::uint64_t>& out);
  void read(const char* name, std::uint64_t& out);
  void read(const char* name, std::uint32_t& out);
  void read(const char* name, std::int64_t& out);
  void read(const char* name, int& out);
  void read(const char* name, bool& out);

  // What came with a later version of the protocol: absent, `out` stays as it is.
  template <class Value>
  void read_known(const char* name, Value& out) {
    if (object_.contains(name)) read(name, out);
  }

  // Calls `item(element, path)` for each element of an array member; `item` returns Result<>.
  template <class Item>
  void each(const char* name, Item item) {
    const nlohmann::json* array = member(name, "an array", &nlohmann::json::is_array);
    if (array == nullptr) return;
    for (std::size_t i = 0; i < array->size() && !failed(); ++i) {
      Result<> done = item((*array)[i], fmt::format("{}[{}]", path(name), i));
      if (!done) error_ = std::move(done).error();
    }
  }

  // An object member, or nullptr after an error.
  const nlohmann::json* object(const char* name) {
    return member(name, "an object", &nlohmann::json::is_object);
  }

  std::string path(const char* name) const {
    return where_.empty() ? std::string(name) : where_ + "." + name;
  }
  void refuse(const char* name, std::string_view what) {
    if (!failed()) error_ = fail(Errc::corrupt, "field '{}' {}", path(name), what);
  }
  bool failed() const { return !error_.message.empty(); }
  Result<> result() const { return failed() ? Result<>(error_) : Result<>(); }

 private:
  using Check = bool (nlohmann::json::*)() const noexcept;
  const nlohmann::json* member(const char* name, std::string_view kind, Check check);

  const nlohmann::json& object_;
  std::string where_;
  Error error_;
};

}  // namespace davit::router
