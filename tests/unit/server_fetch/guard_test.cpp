#include "server/fetch/guard.hpp"

#include <gtest/gtest.h>

namespace davit::fetch {
namespace {

boost::asio::ip::address at(const char* text) { return boost::asio::ip::make_address(text); }

TEST(Guard, OnlyThePublicInternetIsPublic) {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1",
                           "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public(at(text))) << text;
  }
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.9.9.9",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001:db8::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2002:a9fe:a9fe::",
                           "::127.0.0.1"}) {
    EXPECT_FALSE(is_public(at(text))) << text;
  }
}

TEST(Guard, WhatAnAdminAllowsIsPermitted) {
  const auto guard = Guard::public_only({"10.1.0.0/16", "127.0.0.1", "fd00::/8"}).value();
  for (const char* text : {"10.1.2.3", "127.0.0.1", "::ffff:10.1.2.3", "fd12::1", "8.8.8.8"}) {
    EXPECT_TRUE(guard.permits(at(text))) << text;
  }
  for (const char* text : {"10.2.0.1", "127.0.0.2", "fc00::1"}) {
    EXPECT_FALSE(guard.permits(at(text))) << text;
  }
  EXPECT_TRUE(guard.permits_host("localhost"));
  EXPECT_TRUE(Guard().permits(at("127.0.0.1"))) << "an admin's own addresses are not asked about";
  for (const char* wrong : {"", "10.0.0.0/33", "example.com", "10.0.0"}) {
    EXPECT_FALSE(Guard::public_only({wrong})) << wrong;
  }
}

TEST(Guard, ANameThatMeansThisMachineIsNoWayRoundThroughAProxy) {
  const auto guard = Guard::public_only({}).value();
  for (const char* host : {"localhost", "api.localhost", "127.0.0.1", "::1"}) {
    EXPECT_FALSE(guard.permits_host(host)) << host;
  }
  for (const char* host :
       {"metadata.google.internal", "metadata", "printer.local", "fritz.box.lan"}) {
    EXPECT_FALSE(guard.permits_host(host)) << host;
  }
  EXPECT_TRUE(guard.permits_host("example.com"));
  EXPECT_TRUE(guard.permits_host("notlocal.example"));
  EXPECT_TRUE(Guard().permits_host("metadata"));
}

}  // namespace
}  // namespace davit::fetch
