#include "page.hpp"

std::string page() { return std::string("C++ here, built with ") + BUILT_WITH; }
