#include "dyno/protocol/fields.hpp"

namespace davit::dyno {
namespace {

// They become arguments of execve(2) and mount(2), where a NUL would cut them short unseen.
bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

// Far above any wait of ours, far below an overflow of a clock's arithmetic.
constexpr std::uint64_t milliseconds_max = 366ull * 24 * 3600 * 1000;

}  // namespace

Fields::Fields(const nlohmann::json& json, std::string_view subject)
    : json_(json), subject_(subject) {
  if (!json_.is_object()) {
    result_ = fail(Errc::invalid_argument, "{}: expected a JSON object", subject_);
  }
}

void Fields::refuse(const char* name, std::string_view why) {
  if (result_) result_ = fail(Errc::invalid_argument, "{}: '{}' {}", subject_, name, why);
}

const nlohmann::json* Fields::member(const char* name) const {
  if (!result_) return nullptr;
  const auto at = json_.find(name);
  return at == json_.end() || at->is_null() ? nullptr : &*at;
}

const nlohmann::json* Fields::typed(const char* name, nlohmann::json::value_t type,
                                    const char* wanted) {
  const auto* value = member(name);
  if (value == nullptr || value->type() == type) return value;
  refuse(name, wanted);
  return nullptr;
}

Fields& Fields::required(const char* name) {
  if (result_ && member(name) == nullptr) refuse(name, "is missing");
  return *this;
}

Fields& Fields::text(const char* name, std::string& target) {
  const auto* value = typed(name, nlohmann::json::value_t::string, "is not a string");
  if (value == nullptr) return *this;
  if (has_nul(value->get_ref<const std::string&>())) {
    refuse(name, "holds a NUL byte");
    return *this;
  }
  target = value->get<std::string>();
  return *this;
}

Fields& Fields::flag(const char* name, bool& target) {
  const auto* value = typed(name, nlohmann::json::value_t::boolean, "is neither true nor false");
  if (value != nullptr) target = value->get<bool>();
  return *this;
}

Fields& Fields::milliseconds(const char* name, std::chrono::milliseconds& target) {
  std::uint64_t value = 0;
  if (read_number(name, milliseconds_max, value)) target = std::chrono::milliseconds(value);
  return *this;
}

Fields& Fields::strings(const char* name, std::vector<std::string>& target) {
  const auto* list = typed(name, nlohmann::json::value_t::array, "is not a list");
  if (list == nullptr) return *this;
  target.clear();
  for (const auto& item : *list) {
    if (!item.is_string() || has_nul(item.get_ref<const std::string&>())) {
      refuse(name, "is not a list of strings without NUL");
      return *this;
    }
    target.push_back(item.get<std::string>());
  }
  return *this;
}

Fields& Fields::string_map(const char* name, std::map<std::string, std::string>& target) {
  const auto* object = typed(name, nlohmann::json::value_t::object, "is not an object");
  if (object == nullptr) return *this;
  target.clear();
  for (const auto& [key, value] : object->items()) {
    if (!value.is_string() || has_nul(value.get_ref<const std::string&>()) || has_nul(key)) {
      refuse(name, "is not an object of strings without NUL");
      return *this;
    }
    target.emplace(key, value.get<std::string>());
  }
  return *this;
}

bool Fields::read_number(const char* name, std::uint64_t max, std::uint64_t& value) {
  const auto* number = member(name);
  if (number == nullptr) return false;
  // The parser makes every non-negative integer unsigned; one built in memory may be signed.
  const bool whole = number->is_number_unsigned() ||
                     (number->is_number_integer() && number->get<std::int64_t>() >= 0);
  if (!whole) {
    refuse(name, "is not a whole number");
    return false;
  }
  value = number->get<std::uint64_t>();
  if (value <= max) return true;
  refuse(name, fmt::format("is over {}", max));
  return false;
}

}  // namespace davit::dyno
