#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace davit {

class Random;

// A string that was checked once, at the door. Tags keep one kind from passing as another.
template <class Tag>
class StrongString {
 public:
  StrongString() = default;  // empty: "none"
  static Result<StrongString> parse(std::string_view text) {
    DAVIT_TRY(Tag::check(text));
    return StrongString(std::string(text));
  }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const StrongString&, const StrongString&) = default;
  friend auto operator<=>(const StrongString&, const StrongString&) = default;

 protected:
  explicit StrongString(std::string text) : text_(std::move(text)) {}

 private:
  std::string text_;
};

// ^[a-z][a-z0-9-]{1,28}[a-z0-9]$ (Platform API); a DNS label, so safe in host names and paths.
struct AppNameTag {
  static Result<> check(std::string_view text);
};
// ^[A-Za-z0-9_-]{1,63}$
struct ProcessTypeTag {
  static Result<> check(std::string_view text);
};
// 40 lower-case hexadecimal digits (SHA-1).
struct CommitTag {
  static Result<> check(std::string_view text);
};
// ^[A-Za-z_][A-Za-z0-9_]{0,127}$: what bash accepts as a variable's name.
struct ConfigKeyTag {
  static Result<> check(std::string_view text);
};

using AppName = StrongString<AppNameTag>;
using ProcessType = StrongString<ProcessTypeTag>;
using CommitId = StrongString<CommitTag>;
using ConfigKey = StrongString<ConfigKeyTag>;

// RFC 9562 text form, lower case: 8-4-4-4-12 hexadecimal digits.
Result<> check_uuid(std::string_view text);
std::string make_uuid(Random& random);

// An identifier of one noun; Uuid<App> cannot be passed for Uuid<Release>.
template <class Noun>
class Uuid {
 public:
  Uuid() = default;
  static Result<Uuid> parse(std::string_view text) {
    DAVIT_TRY(check_uuid(text));
    return Uuid(std::string(text));
  }
  static Uuid make(Random& random) { return Uuid(make_uuid(random)); }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const Uuid&, const Uuid&) = default;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  explicit Uuid(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

using AppId = Uuid<struct AppNoun>;
using UserId = Uuid<struct UserNoun>;
using TokenId = Uuid<struct TokenNoun>;
using ReleaseId = Uuid<struct ReleaseNoun>;
using SlugId = Uuid<struct SlugNoun>;
using BuildId = Uuid<struct BuildNoun>;
using DynoId = Uuid<struct DynoNoun>;  // one instance: a restarted web.1 has a new DynoId

// "web.1", "run.4321": a process type and a number from 1.
struct DynoName {
  ProcessType type;
  std::uint32_t number = 0;
  static Result<DynoName> parse(std::string_view text);
  std::string str() const;
  friend bool operator==(const DynoName&, const DynoName&) = default;
  friend auto operator<=>(const DynoName&, const DynoName&) = default;
};

}  // namespace davit

template <class Tag>
struct std::hash<davit::StrongString<Tag>> {
  std::size_t operator()(const davit::StrongString<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
template <class Noun>
struct std::hash<davit::Uuid<Noun>> {
  std::size_t operator()(const davit::Uuid<Noun>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
