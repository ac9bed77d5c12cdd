// Asio and Beast, compiled once for this program: it links nothing of the rest.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
