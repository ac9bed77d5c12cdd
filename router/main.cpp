#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/log.hpp"
#include "router/router.hpp"

int main(int argc, char** argv) {
  davit::log::set_program("davit-router");
  davit::router::RouterOptions options;
  CLI::App app{
      "The public port of Davit: passes HTTP on to apps, by the route table that davitd sends."};
  app.add_option("--listen", options.listen,
                 "IP:PORT or [IPV6]:PORT to serve; repeatable; port 0: any")
      ->required();
  app.add_option("--control", options.control, "Unix socket where davitd connects")->required();
  app.add_option("--table", options.table, "file that keeps the last route table")->required();
  CLI11_PARSE(app, argc, argv);

  const davit::SystemClock clock;
  davit::SystemRandom random;
  davit::router::Router router(clock, random, std::move(options));
  if (const auto opened = router.open(); !opened) {
    std::fprintf(stderr, "davit-router: %s\n", opened.error().message.c_str());
    return 1;
  }
  router.run();
  return 0;
}
