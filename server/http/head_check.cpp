#include "server/http/head_check.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace davit::http {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  return target;
}

std::size_t count(const Fields& fields, std::string_view name) {
  std::size_t found = 0;
  for (const auto& field : fields.all()) {
    Fields one;
    one.add(field.first, {});
    if (one.has(name)) ++found;
  }
  return found;
}

}  // namespace

Result<> check_target(Request& request) {
  const auto target = without_authority(request.target);
  if (!target.starts_with('/')) {
    return fail(Errc::invalid_argument, "request target '{}' must start with '/'",
                printable(request.target, 80));
  }
  const auto mark = target.find('?');
  const auto raw_path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  auto decoded = percent_decode(raw_path);
  if (!decoded) {
    return fail(Errc::invalid_argument, "request path '{}' has a broken percent escape",
                printable(raw_path, 80));
  }
  const bool control = std::any_of(decoded->begin(), decoded->end(), is_control);
  if (control || decoded->find("..") != std::string::npos ||
      decoded->find("//") != std::string::npos) {
    return fail(Errc::invalid_argument,
                "request path '{}' holds '..', '//' or a control character: not allowed here",
                printable(raw_path, 80));
  }
  request.path = std::move(*decoded);
  return {};
}

Result<> check_framing(const Request& request, bool http_1_1) {
  const auto hosts = count(request.fields, "Host");
  if (hosts > 1 || (http_1_1 && hosts == 0)) {
    return fail(Errc::invalid_argument, "request has {} Host fields; it needs exactly one", hosts);
  }
  if (count(request.fields, "Content-Length") > 1) {
    return fail(Errc::invalid_argument, "request has more than one Content-Length");
  }
  const auto codings = count(request.fields, "Transfer-Encoding");
  if (codings == 0) return {};
  std::string coding(request.fields.get("Transfer-Encoding"));
  std::transform(coding.begin(), coding.end(), coding.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (codings > 1 || coding != "chunked" || !http_1_1 || request.fields.has("Content-Length")) {
    return fail(Errc::invalid_argument,
                "request framing is ambiguous; use either Content-Length or 'chunked'");
  }
  return {};
}

}  // namespace davit::http
