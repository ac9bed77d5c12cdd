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

  // An array member, whose elements `read_item(element, path)` returns one by one as Result<Item>.
  template <class Item, class ReadItem>
  void read_each(const char* name, std::vector<Item>& out, ReadItem read_item) {
    const nlohmann::json* array = member(name, "an array", &nlohmann::json::is_array);
    if (array == nullptr) return;
    for (std::size_t i = 0; i < array->size() && !failed(); ++i) {
      Result<Item> item = read_item((*array)[i], fmt::format("{}[{}]", path(name), i));
      if (item) {
        out.push_back(std::move(*item));
      } else {
        error_ = std::move(item).error();
      }
    }
  }

  // What has a from_json() of its own: this whole object, or an object member of it.
  template <class Value>
  void read_whole(Value& out) {
    if (!failed()) take(Value::from_json(object_), out);
  }
  template <class Value>
  void read_object(const char* name, Value& out) {
    const nlohmann::json* value = member(name, "an object", &nlohmann::json::is_object);
    if (value != nullptr) take(Value::from_json(*value), out);
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
  template <class Value>
  void take(Result<Value> value, Value& out) {
    if (value) {
      out = std::move(*value);
    } else {
      error_ = std::move(value).error();
    }
  }

  const nlohmann::json& object_;
  std::string where_;
  Error error_;
};

}  // namespace davit::router
