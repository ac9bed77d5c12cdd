#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::sources {

// What an admin settles about where apps may take packs and code from.
struct Rules {
  std::set<std::string> bundled;             // names of our own packs
  std::map<std::string, std::string> names;  // "heroku/ruby" -> where it really is; not checked
  bool plain_http = false;
  std::vector<std::string> local;  // folders of this machine that apps may name, absolute
};

// Where a buildpack or other code is. Pure value.
struct Source {
  enum class Kind { bundled, git, archive, local };
  Kind kind = Kind::bundled;
  std::string text;      // as it was written; may hold a password
  std::string name;      // short, and fit for a folder's name: "heroku-buildpack-ruby"
  std::string location;  // URL without fragment; absolute path; name of the bundled pack
  std::string ref;       // branch, tag or commit of a repository; SHA-256 of an archive
  std::string shown;     // for people, without user and password
  bool trusted = false;  // an admin wrote it

  // "heroku/nodejs", "owner/repository", "https://…#ref", "file:///…", "/srv/packs/mine". Errors
  // name the text and what would do instead; whether anything is there is another question.
  static Result<Source> parse(std::string_view text, const Rules& rules);
};

// `.buildpacks`: one source a line, blank lines and `#` lines skipped. Errors name the line.
Result<std::vector<std::string>> parse_buildpacks_file(std::string_view text);

// Whether a path ends as archives of tar do.
bool is_archive_name(std::string_view path);

}  // namespace davit::sources
