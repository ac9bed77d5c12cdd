#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace davit::network {

// A chain of the packet filter, family inet.
struct Chain {
  std::string table;
  std::string name;
  friend bool operator==(const Chain&, const Chain&) = default;
};
// What `nft --json list chains inet` prints. Pure; corrupt: it is no such thing.
Result<std::vector<Chain>> parse_chains(const std::string& json);

// nft(8). Every call runs the program and blocks for some 10 ms: on a worker thread.
class Nft {
 public:
  explicit Nft(std::string program) : program_(std::move(program)) {}
  // Where it is on this host; not_found names the package.
  static Result<Nft> find();

  const std::string& program() const { return program_; }
  // All of it or nothing. io: the kernel or nft refused it; the message has nft's first line.
  Result<> apply(const std::string& ruleset) const;
  Result<std::vector<Chain>> chains() const;

 private:
  Result<std::string> run(std::vector<std::string> arguments, std::string_view input) const;
  std::string program_;
};

}  // namespace davit::network
