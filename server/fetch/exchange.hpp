#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "server/fetch/address.hpp"
#include "server/fetch/fetcher.hpp"

// One request on one connection. Internal to this folder.
namespace davit::fetch {

struct Answer {
  int status = 0;
  std::string location;  // of a redirect
  std::string type;      // Content-Type
};

struct Ongoing {
  asio::io_context& io;
  asio::ssl::context& tls;
  const FetchRequest& request;
  const Guard& guard;
  const Fetcher::Take& take;
  // Closes what is open now; set while there is a connection.
  std::function<void()> close;
  std::string stopped;  // why it was closed from outside; empty: it was not
};

// The body of a 200 goes to `take`; that of any other answer is not read. All references outlive
// it.
Task<Result<Answer>> exchange(Ongoing& ongoing, Address address, std::optional<Address> proxy);

}  // namespace davit::fetch
