// The one instantiation of Asio (BOOST_ASIO_SEPARATE_COMPILATION). Asio's TLS part is in
// server/http.
#include <boost/asio/impl/src.hpp>
