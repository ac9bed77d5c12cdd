#pragma once
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace davit::dynos {

// At most `max` bytes of what arrives next; empty at the end of the stream. timeout, cancelled, io.
// The stream must outlive the call.
Task<Result<std::string>> read_some(asio::posix::stream_descriptor& stream, std::size_t max,
                                    SteadyTime deadline);
Task<Result<std::string>> read_some(asio::local::stream_protocol::socket& stream, std::size_t max,
                                    SteadyTime deadline);

}  // namespace davit::dynos
