#include "server/git/ref_name.hpp"

#include <git2.h>

#include <string>

#include "base/encoding.hpp"
#include "server/git/limits.hpp"

namespace davit::git {

Result<> check_ref_name(std::string_view name) {
  const auto shown = printable(name, 80);
  if (name.size() > limits::ref_name_bytes_max) {
    return fail(Errc::invalid_argument, "ref name '{}' is longer than {} bytes", shown,
                limits::ref_name_bytes_max);
  }
  if (!name.starts_with("refs/heads/") && !name.starts_with("refs/tags/")) {
    return fail(Errc::invalid_argument, "ref '{}' is neither a branch nor a tag", shown);
  }
  const std::string text(name);
  int valid = 0;
  const bool whole = text.find('\0') == std::string::npos;
  if (!whole || git_reference_name_is_valid(&valid, text.c_str()) != 0 || valid == 0 ||
      branch_of(name) == "HEAD") {
    return fail(Errc::invalid_argument, "ref name '{}' is not valid", shown);
  }
  return {};
}

bool is_deploy_branch(std::string_view name) {
  return name == "refs/heads/main" || name == "refs/heads/master";
}

std::string_view branch_of(std::string_view ref) {
  constexpr std::string_view heads = "refs/heads/";
  return ref.starts_with(heads) ? ref.substr(heads.size()) : ref;
}

bool ref_names_clash(std::string_view a, std::string_view b) {
  const auto shorter = a.size() < b.size() ? a : b;
  const auto longer = a.size() < b.size() ? b : a;
  return longer.size() > shorter.size() && longer.starts_with(shorter) &&
         longer[shorter.size()] == '/';
}

}  // namespace davit::git
