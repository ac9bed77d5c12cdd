#pragma once
#include <string>

std::string page();
