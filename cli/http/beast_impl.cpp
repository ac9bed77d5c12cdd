// The one instantiation of Beast and of Asio's TLS part in this program (see
// cmake/DavitCompiler.cmake).
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
