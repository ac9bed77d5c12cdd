#include "server/http/exchange.hpp"

#include <algorithm>

namespace davit::http {
namespace {

// ASCII only, whatever the locale: field names are tokens (RFC 9110 section 5.1).
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

Error no_upgrade() { return fail(Errc::unavailable, "this connection cannot leave HTTP"); }

// "keep-alive, Upgrade" names "upgrade".
bool names(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto item = list.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (same_name(item, word)) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

}  // namespace

bool asks_for_upgrade(const Request& request, std::string_view protocol) {
  return names(request.fields.get("Connection"), "upgrade") &&
         same_name(request.fields.get("Upgrade"), protocol);
}

Task<Result<>> Exchange::upgrade(std::string) { co_return no_upgrade(); }
Task<Result<std::string>> Exchange::receive() { co_return no_upgrade(); }
Task<Result<>> Exchange::send(std::string) { co_return no_upgrade(); }

void Fields::add(std::string name, std::string value) {
  list_.emplace_back(std::move(name), std::move(value));
}

std::string_view Fields::get(std::string_view name) const {
  for (const auto& [key, value] : list_) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool Fields::has(std::string_view name) const {
  return std::any_of(list_.begin(), list_.end(),
                     [name](const auto& field) { return same_name(field.first, name); });
}

Task<Result<std::string>> Exchange::read_body(std::size_t bytes_max) {
  std::string body;
  std::string piece(16 * 1024, '\0');
  for (;;) {
    auto got = co_await read_some(asio::buffer(piece));
    if (!got) co_return std::move(got).error();
    if (*got == 0) co_return body;
    if (body.size() + *got > bytes_max) {
      co_return fail(Errc::too_large, "request body is larger than {} bytes", bytes_max);
    }
    body.append(piece, 0, *got);
  }
}

}  // namespace davit::http
