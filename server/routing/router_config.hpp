#pragma once
#include <string>
#include <vector>

#include "router/protocol/certificates.hpp"

namespace davit::routing {

struct RouterConfig {
  std::string program;  // absolute path of davit-router; empty: somebody else starts it (systemd)
  std::vector<std::string> listen;
  std::vector<std::string> https_listen;
  std::vector<router::CertificateEntry> certificates;  // sent to each router that serves HTTPS
  std::vector<std::string> arguments;                  // more of its own options; it checks them
  std::string control_socket;                          // <run>/router.sock
  std::string table_file;                              // <run>/routes.json
  std::string domain;                                  // apps are <app>.<domain>
  std::vector<std::string> control_hosts;
  std::string api_socket;    // where the router finds davitd
  std::string dyno_sockets;  // and the dynos' doors
};

}  // namespace davit::routing
