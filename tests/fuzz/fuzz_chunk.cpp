// However the bytes are cut, the chunk decoder finds the same end and the same payload, or fails
// both times.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "router/http/chunk_decoder.hpp"

using davit::router::http::ChunkDecoder;

namespace {

std::size_t run(ChunkDecoder& decoder, std::string_view bytes, std::string& payload) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !decoder.done() && !decoder.failed()) {
    const auto step = decoder.next(bytes.substr(taken));
    payload += step.payload;
    taken += step.taken;
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ChunkDecoder whole;
  std::string whole_payload;
  const std::size_t whole_taken = run(whole, bytes, whole_payload);
  ChunkDecoder single;
  std::string payload;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < size; ++i) taken += run(single, bytes.substr(i, 1), payload);
  const bool same = whole.done() == single.done() && whole.failed() == single.failed() &&
                    whole_taken == taken && whole_payload == payload;
  if (!same) std::abort();
  return 0;
}
