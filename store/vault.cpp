#include "store/vault.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/encoding.hpp"
#include "base/files.hpp"

namespace davit::store {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t key_bytes = crypto_secretbox_KEYBYTES;
constexpr char format = 1;  // first byte of what seal() gives: room for another cipher
constexpr std::size_t overhead = 1 + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;

auto* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const auto* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

Result<> sync(int fd, const fs::path& path) {
  if (::fsync(fd) != 0) return fail_errno(errno, fmt::format("fsync '{}'", path.string()));
  return {};
}

}  // namespace

// In memory that is locked, guarded and zeroed when it is given back.
struct Vault::Key {
  Key() : bytes(static_cast<char*>(sodium_malloc(key_bytes))) {
    if (bytes == nullptr) throw std::bad_alloc();
  }
  ~Key() { sodium_free(bytes); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  Result<> read(const fs::path& path) {
    auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd) return std::move(fd).error();
    struct stat status {};
    if (::fstat(fd->get(), &status) != 0) {
      return fail_errno(errno, fmt::format("stat '{}'", path.string()));
    }
    if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
      return fail(Errc::forbidden, "key file '{}' may be read by others; chmod 600 it",
                  path.string());
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
      return fail(Errc::forbidden, "key file '{}' belongs to another user; chown it",
                  path.string());
    }
    if (status.st_size != static_cast<off_t>(key_bytes)) {
      return fail(Errc::corrupt, "key file '{}' has {} bytes instead of {}; put back its backup",
                  path.string(), status.st_size, key_bytes);
    }
    for (std::size_t done = 0; done < key_bytes;) {
      const ssize_t got = ::read(fd->get(), bytes + done, key_bytes - done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        return fail_errno(got < 0 ? errno : EIO, fmt::format("read '{}'", path.string()));
      done += static_cast<std::size_t>(got);
    }
    sodium_mprotect_readonly(bytes);
    return {};
  }

  // Written in full beside its place and linked there: a crash leaves no key file or a whole one,
  // and of two that race one wins.
  Result<> create(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    DAVIT_TRY(make_directories(folder, 0700));
    char suffix[8];
    randombytes_buf(suffix, sizeof suffix);
    const fs::path unfinished = path.string() + "." + hex_encode({suffix, sizeof suffix});
    auto fd = open_file(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!fd) return std::move(fd).error();
    randombytes_buf(bytes, key_bytes);
    auto done = write_all(fd->get(), {bytes, key_bytes});
    if (done) done = sync(fd->get(), unfinished);
    if (done && ::link(unfinished.c_str(), path.c_str()) != 0 && errno != EEXIST) {
      done = fail_errno(errno, fmt::format("link '{}'", path.string()));
    }
    ::unlink(unfinished.c_str());
    DAVIT_TRY(done);
    auto parent = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (!parent) return std::move(parent).error();
    return sync(parent->get(), folder);
  }

  char* bytes;
};

Vault::Vault(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(const std::string& key_path) {
  if (::sodium_init() < 0) throw std::runtime_error("libsodium cannot start");
  auto key = std::make_unique<Key>();
  auto read = key->read(key_path);
  if (!read && read.error().code == Errc::not_found) {
    DAVIT_TRY(key->create(key_path));
    read = key->read(key_path);
  }
  DAVIT_TRY(read);
  return std::unique_ptr<Vault>(new Vault(std::move(key)));
}

std::string Vault::seal(std::string_view plain) const {
  std::string sealed(overhead + plain.size(), '\0');
  sealed[0] = format;
  char* nonce = sealed.data() + 1;
  randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(bytes_of(nonce + crypto_secretbox_NONCEBYTES), bytes_of(plain.data()),
                        plain.size(), bytes_of(nonce), bytes_of(key_->bytes));
  return sealed;
}

Result<std::string> Vault::unseal(std::string_view sealed) const {
  const auto refused = [] {
    return fail(Errc::corrupt, "a sealed value was altered or belongs to another key file");
  };
  if (sealed.size() < overhead || sealed[0] != format) return refused();
  std::string plain(sealed.size() - overhead, '\0');
  const char* nonce = sealed.data() + 1;
  const char* box = nonce + crypto_secretbox_NONCEBYTES;
  const std::size_t box_size = sealed.size() - 1 - crypto_secretbox_NONCEBYTES;
  if (crypto_secretbox_open_easy(bytes_of(plain.data()), bytes_of(box), box_size, bytes_of(nonce),
                                 bytes_of(key_->bytes)) != 0) {
    return refused();
  }
  return plain;
}

}  // namespace davit::store
