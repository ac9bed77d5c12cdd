#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "server/fetch/address.hpp"
#include "server/fetch/fetcher.hpp"

// What is written before a body (RFC 9112, section 3). Pure. Internal to this folder.
namespace davit::fetch {

// To the server itself, or through a proxy that is asked for an http address. invalid_argument: a
// part of it has a byte that would end its line, or belongs to no line; nothing may be written
// then, whatever else let it through.
Result<std::string> request_head(const FetchRequest& request, const Address& address,
                                 const std::optional<Address>& through);

// To a proxy, for a way to the address. Errors as above.
Result<std::string> tunnel_head(const Address& address, const Address& proxy);

}  // namespace davit::fetch
