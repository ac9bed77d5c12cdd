#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace davit::log {

// One line on standard error: time, level, a constant event text, then key=value fields. Any
// thread. Never a secret, an environment value or a body.
struct Field {
  template <class T>
  Field(std::string_view name, const T& field_value);
  Field(std::string_view name, std::string field_value)
      : key(name), value(std::move(field_value)) {}
  Field(std::string_view name, const char* field_value) : key(name), value(field_value) {}
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

enum class Level { debug, info, warning, error };

void set_program(std::string_view name);  // once, first thing in main
void set_level(Level level);
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

template <class T>
Field::Field(std::string_view name, const T& field_value) : key(name) {
  if constexpr (std::is_arithmetic_v<T>) {
    value = std::to_string(field_value);
  } else {
    value = std::string(field_value);
  }
}

}  // namespace davit::log
