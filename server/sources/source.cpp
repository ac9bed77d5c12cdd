#include "server/sources/source.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "server/fetch/address.hpp"
#include "server/git/remote_repository.hpp"
#include "server/sources/limits.hpp"

namespace davit::sources {
namespace {

constexpr const char* forms =
    "write heroku/NAME, OWNER/REPOSITORY (of GitHub), or an https:// address of a git repository "
    "or a .tgz, with #BRANCH, #TAG or #COMMIT behind it";

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text[0] != '.' && text[0] != '-' &&
         std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

// A folder's name for builds, whatever the address is.
std::string short_name(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  path = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
  for (const std::string_view end : {".git", ".tgz", ".tar.gz", ".tar"}) {
    if (path.ends_with(end)) path.remove_suffix(end.size());
  }
  std::string name;
  for (const unsigned char c : path.substr(0, 48)) {
    const bool plain = std::isalnum(c) != 0 || c == '-' || c == '_';
    name += plain ? static_cast<char>(std::tolower(c)) : '-';
  }
  return name.empty() ? "pack" : name;
}

Error bad(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument, "\"{}\" {}", printable(fetch::shown_url(text), 200), why);
}

Result<Source> with_kind(Source source) {
  const bool archive = is_archive_name(source.location.substr(0, source.location.find('?')));
  if (source.kind != Source::Kind::local) {
    source.kind = archive ? Source::Kind::archive : Source::Kind::git;
  }
  const bool digest = source.ref.size() == 64 &&
                      source.ref.find_first_not_of("0123456789abcdef") == source.ref.npos;
  if (archive && !source.ref.empty() && !digest) {
    return bad(source.text, "is an archive: what may stand behind its # is its SHA-256");
  }
  if (!archive && (source.ref.starts_with('-') || source.ref.find("..") != source.ref.npos)) {
    return bad(source.text, "names no branch, tag or commit of git's behind its #");
  }
  source.name = short_name(source.location.substr(0, source.location.find('?')));
  return source;
}

Result<Source> shorthand(Source source, std::string_view owner, std::string_view name,
                         const Rules& rules) {
  const bool vendors = owner == "heroku" || owner == "davit";
  if (vendors && rules.bundled.contains(std::string(name))) {
    if (!source.ref.empty()) return bad(source.text, "comes with this server: it has no versions");
    source.kind = Source::Kind::bundled;
    source.name = source.location = std::string(name);
    return source;
  }
  const bool registry = owner == "heroku" || owner == "heroku-community";
  if (registry && !name.starts_with("heroku-buildpack-")) {
    source.location = fmt::format("https://github.com/heroku/heroku-buildpack-{}", name);
  } else {
    source.location = fmt::format("https://github.com/{}/{}", owner, name);
  }
  return with_kind(std::move(source));
}

Result<Source> url(Source source, const Rules& rules) {
  const std::string scheme = source.location.substr(0, source.location.find("://"));
  if (scheme == "file") {
    auto path = percent_decode(std::string_view(source.location).substr(7));
    if (!path || !path->starts_with('/') || path->find('\0') != path->npos) {
      return bad(source.text, "is no file:// address with an absolute path");
    }
    source.kind = Source::Kind::local;
    source.location = std::move(*path);
    return with_kind(std::move(source));
  }
  if (scheme == "ssh" || scheme == "git+ssh") {
    return bad(source.text,
               "needs a key of yours: use its https:// address, with a token in it "
               "where it is private");
  }
  if (scheme != "https" && scheme != "http")
    return bad(source.text, fmt::format("is {}: {}", "nothing that is fetched", forms));
  if (scheme == "http" && !rules.plain_http && !source.trusted) {
    return bad(source.text,
               "is not encrypted: use https://, or ask an admin for [sources] "
               "plain_http = true in davit.toml");
  }
  if (!fetch::Address::parse(source.location)) return bad(source.text, "is no address");
  return with_kind(std::move(source));
}

}  // namespace

bool is_archive_name(std::string_view path) {
  constexpr std::string_view ends[] = {".tgz", ".tar.gz",  ".tar",     ".tar.xz",
                                       ".txz", ".tar.zst", ".tar.bz2", ".tbz2"};
  return std::ranges::any_of(ends, [&](std::string_view end) { return path.ends_with(end); });
}

Result<Source> Source::parse(std::string_view text, const Rules& rules) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || !plain || text.size() > limits::source_bytes_max) {
    return bad(text, fmt::format("is no buildpack: {}", forms));
  }
  constexpr std::string_view urn = "urn:buildpack:";
  if (text.starts_with(urn)) text.remove_prefix(urn.size());
  const std::size_t hash = text.find('#');
  Source source;
  source.text = std::string(text);
  source.shown = fetch::shown_url(text);
  source.location = std::string(text.substr(0, hash));
  if (hash != text.npos) source.ref = std::string(text.substr(hash + 1));

  const auto mapped = rules.names.find(source.location);
  if (mapped != rules.names.end()) {
    Rules admins = rules;
    admins.names.clear();
    const std::string target = mapped->second;
    admins.plain_http = true;
    const bool pinned = target.find('#') != target.npos || source.ref.empty();
    auto real = parse(pinned ? target : target + "#" + source.ref, admins);
    if (!real) return real;
    real->text = source.text;
    real->shown = source.shown;
    real->trusted = true;
    return real;
  }
  const std::string_view base = source.location;
  if (base.starts_with('/')) {
    source.kind = Kind::local;
    return with_kind(std::move(source));
  }
  if (base.find("://") != base.npos) return url(std::move(source), rules);
  if (base.find('@') != base.npos) {
    return bad(text, "needs a key of yours: use its https:// address");
  }
  const std::size_t slash = base.find('/');
  if (slash == base.npos && rules.bundled.contains(std::string(base))) {
    return shorthand(std::move(source), "davit", std::string(base), rules);
  }
  if (slash == base.npos || !is_word(base.substr(0, slash)) || !is_word(base.substr(slash + 1))) {
    std::string list;
    for (const std::string& name : rules.bundled) list += (list.empty() ? "" : ", ") + name;
    return bad(text, fmt::format("is no buildpack: {}; this server brings {}", forms, list));
  }
  const std::string owner(base.substr(0, slash)), name(base.substr(slash + 1));
  return shorthand(std::move(source), owner, name, rules);
}

Result<std::vector<std::string>> parse_buildpacks_file(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) {
      line.remove_suffix(1);
    }
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (lines.size() >= limits::packs_max) {
      return fail(Errc::limit_exceeded, ".buildpacks, line {}: at most {} buildpacks", number,
                  limits::packs_max);
    }
    lines.emplace_back(line);
  }
  return lines;
}

}  // namespace davit::sources
