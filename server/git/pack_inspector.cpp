#include "server/git/pack_inspector.hpp"

#include <zlib.h>

#include <array>
#include <string>

namespace davit::git {
namespace {

enum class Step { header, entry_size, delta_offset, delta_base, inflate, trailer, done };
constexpr int ofs_delta = 6;
constexpr int ref_delta = 7;
constexpr std::size_t hash_bytes = 20;
constexpr std::size_t header_bytes = 12;

std::uint32_t big_endian(const unsigned char* at) {
  return (std::uint32_t{at[0]} << 24) | (std::uint32_t{at[1]} << 16) | (std::uint32_t{at[2]} << 8) |
         at[3];
}

// A little-endian base-128 number that comes byte by byte.
class VarInt {
 public:
  VarInt() = default;
  VarInt(std::uint64_t low, unsigned bits) : value_(low), shift_(bits) {}
  // False: too long to be a size.
  bool add(unsigned char byte) {
    if (shift_ > 56) return false;
    value_ |= std::uint64_t{byte & 0x7fU} << shift_;
    shift_ += 7;
    done_ = (byte & 0x80U) == 0;
    return true;
  }
  bool done() const { return done_; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
  unsigned shift_ = 0;
  bool done_ = false;
};

}  // namespace

struct PackInspector::State {
  explicit State(const PushLimits& push_limits) : limits(push_limits) {
    ready = inflateInit(&stream) == Z_OK;
  }
  ~State() {
    if (ready) inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<> step();
  Result<> take_header();
  Result<> take_entry_byte(unsigned char byte);
  Result<> begin_object();
  Result<> end_object();
  Result<> inflate_some();
  Result<> look_at_delta(const unsigned char* data, std::size_t size);
  Result<> check_size(std::uint64_t size);

  unsigned char take_byte() {
    const auto byte = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    return byte;
  }

  const PushLimits limits;
  z_stream stream{};
  bool ready = false;
  Step at = Step::header;
  std::string_view input;
  std::string gathered;  // header, base id or trailer, until whole
  std::size_t offset_bytes = 0;
  std::uint32_t objects = 0;
  std::uint32_t objects_left = 0;
  std::uint64_t unpacked_bytes = 0;
  int type = 0;
  bool first_byte = true;
  VarInt size;  // of the object, or of the delta's text
  std::uint64_t inflated = 0;
  VarInt delta_base_size;
  VarInt delta_result_size;
};

Result<> PackInspector::State::check_size(std::uint64_t object_size) {
  if (object_size > limits.object_bytes_max) {
    return fail(Errc::too_large,
                "an object of the push is {} bytes; {} is the most. Large files belong in object "
                "storage, not in git",
                object_size, limits.object_bytes_max);
  }
  unpacked_bytes += object_size;
  if (unpacked_bytes > limits.unpacked_bytes_max) {
    return fail(Errc::too_large, "the push unpacks to more than {} bytes",
                limits.unpacked_bytes_max);
  }
  return {};
}

Result<> PackInspector::State::take_header() {
  const auto want = header_bytes - gathered.size();
  gathered.append(input.substr(0, want));
  input.remove_prefix(std::min(want, input.size()));
  if (gathered.size() < header_bytes) return {};
  const auto* raw = reinterpret_cast<const unsigned char*>(gathered.data());
  const auto version = big_endian(raw + 4);
  if (!gathered.starts_with("PACK") || (version != 2 && version != 3)) {
    return fail(Errc::corrupt, "the push holds no pack");
  }
  objects = objects_left = big_endian(raw + 8);
  if (objects > limits.objects_max) {
    return fail(Errc::limit_exceeded, "the push claims {} objects; {} is the most", objects,
                limits.objects_max);
  }
  gathered.clear();
  at = objects == 0 ? Step::trailer : Step::entry_size;
  return {};
}

Result<> PackInspector::State::take_entry_byte(unsigned char byte) {
  if (first_byte) {
    type = (byte >> 4) & 7;
    size = VarInt(byte & 15U, 4);
    if (type == 0 || type == 5) return fail(Errc::corrupt, "the pack has an object of no type");
    first_byte = false;
    if ((byte & 0x80U) != 0) return {};
  } else {
    if (!size.add(byte)) return fail(Errc::corrupt, "the pack has an object of no size");
    if (!size.done()) return {};
  }
  first_byte = true;
  gathered.clear();
  offset_bytes = 0;
  at = type == ofs_delta   ? Step::delta_offset
       : type == ref_delta ? Step::delta_base
                           : Step::inflate;
  return begin_object();
}

Result<> PackInspector::State::begin_object() {
  inflateReset(&stream);
  inflated = 0;
  delta_base_size = delta_result_size = VarInt();
  return check_size(size.value());
}

Result<> PackInspector::State::look_at_delta(const unsigned char* data, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes && !delta_result_size.done(); ++i) {
    VarInt& number = delta_base_size.done() ? delta_result_size : delta_base_size;
    if (!number.add(data[i])) return fail(Errc::corrupt, "the pack has a delta of no size");
    if (delta_result_size.done()) return check_size(delta_result_size.value());
  }
  return {};
}

Result<> PackInspector::State::inflate_some() {
  std::array<unsigned char, 32 * 1024> scratch;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = scratch.data();
  stream.avail_out = scratch.size();
  const int rc = ready ? inflate(&stream, Z_NO_FLUSH) : Z_MEM_ERROR;
  const std::size_t used = input.size() - stream.avail_in;
  const std::size_t made = scratch.size() - stream.avail_out;
  if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
    return fail(Errc::corrupt, "the pack has an object that does not unpack");
  }
  input.remove_prefix(used);
  inflated += made;
  if (inflated > size.value()) {
    return fail(Errc::corrupt, "the pack has an object larger than it claims");
  }
  if (type == ofs_delta || type == ref_delta) DAVIT_TRY(look_at_delta(scratch.data(), made));
  if (rc == Z_STREAM_END) return end_object();
  if (used == 0 && made == 0 && !input.empty()) {
    return fail(Errc::corrupt, "the pack has an object that does not unpack");
  }
  return {};
}

Result<> PackInspector::State::end_object() {
  const bool delta = type == ofs_delta || type == ref_delta;
  if (inflated != size.value() || (delta && !delta_result_size.done())) {
    return fail(Errc::corrupt, "the pack has an object smaller than it claims");
  }
  at = --objects_left == 0 ? Step::trailer : Step::entry_size;
  return {};
}

Result<> PackInspector::State::step() {
  switch (at) {
    case Step::header: return take_header();
    case Step::entry_size: return take_entry_byte(take_byte());
    case Step::delta_offset:
      if (++offset_bytes > 9) return fail(Errc::corrupt, "the pack has a delta without a base");
      if ((take_byte() & 0x80U) == 0) at = Step::inflate;
      return {};
    case Step::delta_base:
    case Step::trailer: {
      const auto want = std::min(hash_bytes - gathered.size(), input.size());
      gathered.append(input.substr(0, want));
      input.remove_prefix(want);
      if (gathered.size() < hash_bytes) return {};
      gathered.clear();
      at = at == Step::trailer ? Step::done : Step::inflate;
      return {};
    }
    case Step::inflate: return inflate_some();
    case Step::done: return fail(Errc::corrupt, "the push goes on after its pack");
  }
  return {};
}

PackInspector::PackInspector(const PushLimits& limits) : state_(std::make_unique<State>(limits)) {}
PackInspector::~PackInspector() = default;

Result<> PackInspector::feed(std::string_view bytes) {
  state_->input = bytes;
  while (!state_->input.empty()) DAVIT_TRY(state_->step());
  return {};
}

Result<> PackInspector::finish() const {
  if (state_->at == Step::done) return {};
  return fail(Errc::corrupt, "the pack is cut short: {} of {} objects are missing or incomplete",
              state_->objects_left, state_->objects);
}

std::uint32_t PackInspector::objects() const { return state_->objects; }

}  // namespace davit::git
