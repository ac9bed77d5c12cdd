// What a push sends before it is trusted: commands, then a pack.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/git/pack_inspector.hpp"
#include "server/git/receive_pack.hpp"
#include "server/git/ref_name.hpp"
#include "server/git/repository.hpp"

namespace davit::git {
namespace {

int try_push(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Libgit2User library;
  PushRequestParser parser;
  // In two pieces: the cut must not matter.
  const auto cut = size / 3;
  auto fed = parser.feed(bytes.substr(0, cut));
  if (fed && !*fed) {
    fed = parser.feed(bytes.substr(cut));
  } else {
    return 0;
  }
  PushRequestParser whole;
  const auto at_once = whole.feed(bytes);
  if (at_once.has_value() != fed.has_value()) std::abort();
  if (!fed || !*fed) return 0;
  const auto request = parser.take_request();
  for (const auto& command : request.commands) {
    if (command.new_id.str().size() != 40) std::abort();
    static_cast<void>(check_ref_name(command.ref));
  }
  PushLimits limits;
  limits.unpacked_bytes_max = 1024 * 1024;
  PackInspector inspector(limits);
  if (inspector.feed(parser.take_rest())) static_cast<void>(inspector.finish());
  return 0;
}

}  // namespace
}  // namespace davit::git

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return davit::git::try_push(data, size);
}
