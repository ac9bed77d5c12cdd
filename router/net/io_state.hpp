#pragma once
#include <cstddef>
#include <cstdint>

namespace davit::router {

enum class IoState : std::uint8_t { ok, would_block, failed };
struct WriteResult {
  IoState state = IoState::ok;
  std::size_t bytes = 0;
};

}  // namespace davit::router
