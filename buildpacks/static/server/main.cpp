// davit-static --root DIR [--config static.json] [--port N] | --check --config FILE
// Serves one folder on 0.0.0.0:$PORT.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "buildpacks/static/server/file_server.hpp"

namespace davit::static_site {
namespace {
namespace asio = boost::asio;

struct Options {
  std::string root;
  std::string config;
  std::string port;
  bool check = false;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "davit-static: %s\n", text.c_str());
  return 1;
}

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  if (const char* port = std::getenv("PORT")) options.port = port;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--check") {
      options.check = true;
      continue;
    }
    if (i + 1 >= argc) return std::nullopt;
    const char* value = argv[++i];
    if (flag == "--root") {
      options.root = value;
    } else if (flag == "--config") {
      options.config = value;
    } else if (flag == "--port") {
      options.port = value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

std::variant<SiteConfig, std::string> load_config(const std::string& path) {
  if (path.empty()) return SiteConfig();
  constexpr std::streamsize bytes_max = 256 * 1024;
  std::ifstream in(path, std::ios::binary);
  if (!in) return "'" + path + "' cannot be read: " + std::strerror(errno);
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), bytes_max + 1);
  if (in.gcount() > bytes_max) return "'" + path + "' is larger than 256 KB";
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_site_config(text);
}

int run(const Options& options, SiteConfig config) {
  unsigned port = 0;
  const auto [end, error] =
      std::from_chars(options.port.data(), options.port.data() + options.port.size(), port);
  if (options.port.empty() || error != std::errc() || *end != '\0' || port > 65535) {
    return complain("PORT is not set to a port's number");
  }
  const auto site = Site::open(options.root, std::move(config));
  if (!site) return complain("the folder '" + options.root + "' cannot be opened");

  asio::io_context io(1);
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::any(),
                                         static_cast<std::uint16_t>(port));
  asio::ip::tcp::acceptor acceptor(io, endpoint);
  std::printf("Serving %s on port %u\n", options.root.c_str(),
              static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  FileServer server(std::move(acceptor), *site);
  server.start();
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code ec, int) {
    if (!ec) server.stop();
  });
  io.run();
  return 0;
}

int main_checked(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options || (options->root.empty() && !options->check)) {
    return complain("usage: davit-static --root DIR [--config static.json] [--port N]");
  }
  auto config = load_config(options->config);
  if (const auto* error = std::get_if<std::string>(&config)) return complain(*error);
  if (options->check) return 0;
  return run(*options, std::move(std::get<SiteConfig>(config)));
}

}  // namespace
}  // namespace davit::static_site

int main(int argc, char** argv) {
  try {
    return davit::static_site::main_checked(argc, argv);
  } catch (const std::exception& error) {
    return davit::static_site::complain(error.what());
  }
}
