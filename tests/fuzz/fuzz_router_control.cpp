// Whatever bytes come on the control socket, from either side: framing and decoding end, and what
// they accept says the same once more after it was encoded. A change is applied to a small table.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "router/protocol/messages.hpp"

namespace davit::router {
namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t frame_max = 1 << 20;

Frame again(const std::string& bytes) {
  FrameDecoder decoder(1 << 24);
  decoder.feed(bytes);
  auto frame = decoder.next();
  check(frame && frame->has_value());
  return std::move(**frame);
}

void try_command(const Frame& frame) {
  const auto command = decode_command(frame);
  if (!command) return;
  const auto back = decode_command(again(encode(*command)));
  check(back && back->index() == command->index());
  check(encode(*back) == encode(*command));
  const auto* change = std::get_if<ChangeTable>(&*command);
  if (change == nullptr) return;
  RouteTable base;
  base.version = change->change.from;
  base.apps.resize(2);
  base.apps[0].id = "a";
  base.apps[1].id = "b";
  const auto table = apply_change(base, change->change);
  check(table && table->version == change->change.to);
  check(table->apps.size() <= base.apps.size() + change->change.changed.size());
}

void try_event(const Frame& frame) {
  const auto event = decode_event(frame);
  if (!event) return;
  const auto back = decode_event(again(encode(*event)));
  check(back && back->index() == event->index());
}

}  // namespace
}  // namespace davit::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  davit::FrameDecoder decoder(davit::router::frame_max);
  decoder.feed({reinterpret_cast<const char*>(data), size});
  for (;;) {
    auto frame = decoder.next();
    if (!frame || !frame->has_value()) break;
    davit::router::try_command(**frame);
    davit::router::try_event(**frame);
  }
  // Most mutations break the framing: the payload alone, too.
  const davit::Frame bare{davit::FrameKind::json,
                          std::string(reinterpret_cast<const char*>(data), size)};
  davit::router::try_command(bare);
  davit::router::try_event(bare);
  return 0;
}
