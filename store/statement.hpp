#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/time_format.hpp"
#include "store/connection.hpp"
#include "store/records.hpp"

// Internal to store/: the typed way to run SQL.
namespace davit::store {

class Database;

struct Blob {
  std::string bytes;
};

// One use of a prepared statement (kept by the connection for the next use). `sql` is a literal;
// values are bound, never part of it. Throws DatabaseError.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // All parameters, in order.
  template <class... Values>
  Statement& bind(const Values&... values) {
    (put(values), ...);
    return *this;
  }
  bool next();                   // true: there is a row to read; reading starts at its first column
  void run();                    // for what gives no rows
  std::int64_t changes() const;  // rows of the last INSERT, UPDATE or DELETE

  // The row's next column. What does not parse back is corruption: DatabaseError naming table and
  // column.
  template <class T>
  T get();
  [[noreturn]] void corrupt(std::string_view why) const;  // about the column read last

 private:
  void put(std::string_view text);
  void put(const char* text) { put(std::string_view(text)); }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const Blob& blob);
  void put(WallTime time) { put_number(to_micros(time)); }
  void put(Status status) { put(to_string(status)); }
  void put(const DynoName& name) { put(std::string_view(name.str())); }
  void put(bool flag) { put_number(flag ? 1 : 0); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void put(T number) { put_number(checked(number)); }
  template <class Tag>
  void put(const StrongString<Tag>& id) {
    put_id(id.str());
  }
  template <class Noun>
  void put(const Uuid<Noun>& id) {
    put_id(id.str());
  }
  template <class T>
  void put(const std::optional<T>& value) {
    value ? put(*value) : put_null();
  }
  void put_null();
  void put_number(std::int64_t number);
  void put_id(const std::string& id);  // an empty id is a bug of the caller: std::logic_error
  template <std::integral T>
  static std::int64_t checked(T number);
  static std::int64_t too_large();

  bool is_null() const;
  std::string text();
  std::string blob();
  std::int64_t number(std::int64_t least, std::int64_t most);
  void take(int type, std::string_view expected);  // moves on to the next column

  Database& database_;
  std::string_view sql_;
  StatementHandle handle_;
  int parameter_ = 0;
  int column_ = 0;  // the next to read
  int read_ = 0;    // the one read last
};

// For LIMIT: any count, also one beyond SQLite's numbers.
inline std::int64_t row_limit(std::size_t count) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return std::in_range<std::int64_t>(count) ? static_cast<std::int64_t>(count) : most;
}

std::optional<Status> parse_status(std::string_view text);

template <std::integral T>
std::int64_t Statement::checked(T number) {
  return std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number) : too_large();
}

template <class T>
struct OptionalValue : std::false_type {};
template <class T>
struct OptionalValue<std::optional<T>> : std::true_type {
  using type = T;
};

template <class T>
T Statement::get() {
  if constexpr (OptionalValue<T>::value) {
    if (!is_null()) return get<typename OptionalValue<T>::type>();
    ++column_;
    return std::nullopt;
  } else if constexpr (std::same_as<T, std::string>) {
    return text();
  } else if constexpr (std::same_as<T, Blob>) {
    return Blob{blob()};
  } else if constexpr (std::same_as<T, bool>) {
    return number(0, 1) != 0;
  } else if constexpr (std::integral<T>) {
    constexpr auto most = std::numeric_limits<T>::max();
    constexpr auto widest = std::numeric_limits<std::int64_t>::max();
    return static_cast<T>(
        number(std::numeric_limits<T>::min(),
               std::in_range<std::int64_t>(most) ? static_cast<std::int64_t>(most) : widest));
  } else if constexpr (std::same_as<T, WallTime>) {
    return from_micros(
        number(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
  } else if constexpr (std::same_as<T, Status>) {
    const auto status = parse_status(text());
    if (!status) corrupt("no known status");
    return *status;
  } else {  // an id
    auto parsed = T::parse(text());
    if (!parsed) corrupt(parsed.error().message);
    return std::move(*parsed);
  }
}

}  // namespace davit::store
