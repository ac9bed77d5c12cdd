#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/process.hpp"

namespace davit::test {

// A host and an internet of the test's own: this process moves into a new network namespace, so
// that the machine's packet filter and devices are never touched, and beside it another one answers
// on the addresses below. Root only. Everything is gone with the processes.
class World {
 public:
  // nullopt, with the reason in `why`: not to be had here.
  static std::optional<World> make(std::string& why);
  World(World&&) = default;
  World& operator=(World&&) = default;
  ~World();

  pid_t internet() const { return internet_.pid(); }

  static constexpr const char* host = "192.0.2.2";         // this process's
  static constexpr const char* web = "203.0.113.10";       // in the internet: TCP 80, 25, 5432
  static constexpr const char* private_net = "10.0.0.5";   // the same server, in a private network
  static constexpr const char* name_server = "10.0.0.53";  // UDP 53

 private:
  explicit World(Process internet) : internet_(std::move(internet)) {}
  bool connect_to_host();

  Process internet_;
  UniqueFd keep_;  // its standard input: it ends with this
};

// Runs a program to its end; the output of both streams. Fails the test on another exit code.
std::string run_program(std::vector<std::string> argv, int expected = 0);
// The same within the network namespace of a process.
std::string run_inside(pid_t process, std::vector<std::string> argv, int expected = 0);
// What is left of the host's packet filter and devices of dynos: "" when nothing.
std::string leftovers();

}  // namespace davit::test
