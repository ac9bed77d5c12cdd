#include "router/ports.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace davit::router {
namespace {

bool shares(const UniqueFd& fd) {
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, &size);
  return on != 0;
}

TEST(Ports, EachThreadHasASocketOfItsOwnOnTheSamePort) {
  const auto ports = open_ports({"127.0.0.1:0"}, {}, 3);
  ASSERT_TRUE(ports) << ports.error().message;
  ASSERT_EQ(ports->size(), 1u);
  const Port& port = ports->front();
  EXPECT_EQ(port.sockets.size(), 3u);
  EXPECT_TRUE(port.address.starts_with("127.0.0.1:"));
  EXPECT_FALSE(port.address.ends_with(":0"));
  for (const UniqueFd& socket : port.sockets) EXPECT_TRUE(shares(socket));
}

// With SO_REUSEPORT from the start two routers of one user would share a port, and each would have
// half of the other's requests.
TEST(Ports, APortThatAnotherRouterServesIsTaken) {
  const auto ports = open_ports({"127.0.0.1:0"}, {}, 2);
  ASSERT_TRUE(ports);
  const auto again = open_ports({ports->front().address}, {}, 2);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("another program listens there"), std::string::npos);
}

TEST(Ports, AnHeirUsesEverySocketAndOpensWhatIsMissing) {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    auto ports = open_ports({"127.0.0.1:0"}, {}, 2);
    ASSERT_TRUE(ports);
    const std::string address = ports->front().address;
    const auto heirs = open_ports({address}, std::move(ports->front().sockets), threads);
    ASSERT_TRUE(heirs) << heirs.error().message;
    EXPECT_EQ(heirs->front().address, address);
    EXPECT_EQ(heirs->front().sockets.size(), std::max<std::size_t>(2, threads));
  }
}

}  // namespace
}  // namespace davit::router
