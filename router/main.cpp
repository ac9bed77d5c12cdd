#include <malloc.h>

#include <cstdio>

#include "base/log.hpp"
#include "router/limits.hpp"
#include "router/options.hpp"
#include "router/router.hpp"

int main(int argc, char** argv) {
  davit::log::set_program("davit-router");
  // Blocks lie between what lives for long: on the heap none would ever go back to the system.
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(davit::router::limits::block_bytes));
  auto options = davit::router::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "davit-router: %s\n", options.error().message.c_str());
    return 2;
  }
  if (!options->has_value()) return 0;

  const davit::SystemClock clock;
  davit::SystemRandom random;
  davit::router::Router router(clock, random, std::move(**options));
  if (const auto opened = router.open(); !opened) {
    std::fprintf(stderr, "davit-router: %s\n", opened.error().message.c_str());
    return 1;
  }
  router.run();
  return 0;
}
