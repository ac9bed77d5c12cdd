#pragma once
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"

namespace davit::api {

// "quiet-meadow-48213": for apps that are made without a name. 900 million of them.
std::string random_app_name(Random& random);

}  // namespace davit::api
