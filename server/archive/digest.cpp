#include "server/archive/digest.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/encoding.hpp"
#include "base/files.hpp"

namespace davit::archive {
namespace {

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Error no_digest(std::string_view text) {
  return fail(Errc::corrupt, "\"{}\" is no SHA-256 or SHA-512", printable(text, 200));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Digest> Digest::from_bytes(std::string bytes, std::string_view text) {
  if (bytes.size() == 32) return Digest(Kind::sha256, std::move(bytes));
  if (bytes.size() == 64) return Digest(Kind::sha512, std::move(bytes));
  return no_digest(text);
}

Result<Digest> Digest::from_hex(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return no_digest(text);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return no_digest(text);
    bytes += static_cast<char>(high * 16 + low);
  }
  return from_bytes(std::move(bytes), text);
}

Result<Digest> Digest::from_integrity(std::string_view text) {
  for (const std::string_view kind : {"sha512-", "sha256-"}) {
    const std::size_t at = text.find(kind);
    if (at == text.npos) continue;
    std::string_view value = text.substr(at + kind.size());
    value = value.substr(0, value.find_first_of(" ?"));
    auto bytes = base64_decode(value);
    if (bytes) return from_bytes(std::move(*bytes), text);
  }
  return no_digest(text);
}

Result<Digest> Digest::of(Kind wanted, const std::string& path, const std::stop_token& stop) {
  auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
  if (!file) return std::move(file).error();
  const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
  const EVP_MD* kind = wanted == Kind::sha256 ? EVP_sha256() : EVP_sha512();
  if (!context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1) {
    return fail(Errc::internal, "OpenSSL has no {}", Digest(wanted, "").str());
  }
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    if (stop.stop_requested()) return fail(Errc::cancelled, "its checksum was not taken");
    const ssize_t count = ::read(file->get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, fmt::format("read '{}'", path));
    if (count == 0) break;
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(count));
  }
  unsigned char found[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), found, &length);
  return Digest(wanted, std::string(reinterpret_cast<const char*>(found), length));
}

Result<Digest> Digest::sha256_of(const std::string& path, const std::stop_token& stop) {
  return of(Kind::sha256, path, stop);
}

Result<> Digest::check(const std::string& path, const std::stop_token& stop) const {
  const auto actual = of(kind_, path, stop);
  if (!actual) return actual.error();
  if (actual->bytes_ == bytes_) return {};
  return fail(Errc::corrupt, "its checksum is {}, not {}", actual->str(), str());
}

std::string Digest::str() const {
  return (kind_ == Kind::sha256 ? "sha256:" : "sha512:") + hex_encode(bytes_);
}

}  // namespace davit::archive
