// The one instantiation of Asio's TLS part in davitd (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/ssl/impl/src.hpp>
