#include "server/git/request_body.hpp"

#include <zlib.h>

#include "base/encoding.hpp"

namespace davit::git {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

}  // namespace

class RequestBody::Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool wants_input() const { return stream_.avail_in == 0 && !pending_; }
  void feed(std::string bytes) {
    input_ = std::move(bytes);
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(input_.size());
  }
  bool done() const { return done_; }

  Result<std::string> take() {
    std::string out(piece_bytes, '\0');
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int rc = ready_ ? inflate(&stream_, Z_NO_FLUSH) : Z_MEM_ERROR;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
      return fail(Errc::corrupt, "the request's body is not valid gzip");
    }
    done_ = rc == Z_STREAM_END;
    if (done_ && stream_.avail_in > 0) {
      return fail(Errc::corrupt, "the request's body goes on after its gzip data");
    }
    pending_ = stream_.avail_out == 0;  // there may be more without new input
    out.resize(out.size() - stream_.avail_out);
    return out;
  }

 private:
  z_stream stream_{};
  std::string input_;
  bool ready_ = false;
  bool pending_ = false;
  bool done_ = false;
};

RequestBody::RequestBody(http::Exchange& exchange, std::uint64_t bytes_max,
                         std::unique_ptr<Inflater> inflater)
    : exchange_(exchange), left_(bytes_max), inflater_(std::move(inflater)) {}

RequestBody::~RequestBody() = default;

Result<std::unique_ptr<RequestBody>> RequestBody::open(http::Exchange& exchange,
                                                       std::uint64_t bytes_max) {
  const auto encoding = exchange.request().fields.get("Content-Encoding");
  std::unique_ptr<Inflater> inflater;
  if (encoding == "gzip" || encoding == "x-gzip") {
    inflater = std::make_unique<Inflater>();
  } else if (!encoding.empty() && encoding != "identity") {
    return fail(Errc::invalid_argument, "Content-Encoding '{}' is not supported; use gzip",
                printable(encoding, 40));
  }
  return std::unique_ptr<RequestBody>(new RequestBody(exchange, bytes_max, std::move(inflater)));
}

Task<Result<std::string>> RequestBody::next_raw() {
  std::string piece(piece_bytes, '\0');
  auto got = co_await exchange_.read_some(asio::buffer(piece));
  if (!got) co_return std::move(got).error();
  piece.resize(*got);
  co_return piece;
}

Task<Result<std::string>> RequestBody::next() {
  std::string piece;
  while (piece.empty()) {
    if (!inflater_ || inflater_->done()) {
      auto raw = co_await next_raw();
      if (!raw) co_return std::move(raw).error();
      if (inflater_ && !raw->empty()) {
        co_return fail(Errc::corrupt, "the request's body goes on after its gzip data");
      }
      if (raw->empty()) co_return std::string();
      piece = std::move(*raw);
      break;
    }
    if (inflater_->wants_input()) {
      auto raw = co_await next_raw();
      if (!raw) co_return std::move(raw).error();
      if (raw->empty()) co_return fail(Errc::corrupt, "the request's gzip body is cut short");
      inflater_->feed(std::move(*raw));
    }
    auto out = inflater_->take();
    if (!out) co_return std::move(out).error();
    piece = std::move(*out);
  }
  if (piece.size() > left_) {
    co_return fail(Errc::too_large, "the request's body is larger than this server takes");
  }
  left_ -= piece.size();
  co_return piece;
}

Task<bool> RequestBody::drop(std::uint64_t bytes_max) {
  for (std::uint64_t dropped = 0; dropped < bytes_max;) {
    const auto raw = co_await next_raw();
    if (!raw) co_return false;
    if (raw->empty()) co_return true;
    dropped += raw->size();
  }
  co_return false;
}

}  // namespace davit::git
