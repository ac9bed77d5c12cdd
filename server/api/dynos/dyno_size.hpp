#pragma once
#include <string>

namespace davit::api {

// "Standard", as tools print it, from what is stored.
std::string shown_size(const std::string& stored);

}  // namespace davit::api
