#pragma once
#include <source_location>

namespace davit {

// Ends the program with the place of the broken promise. For programmer errors only, also in
// release builds; never for input.
void ensure(bool condition, const char* promise,
            std::source_location where = std::source_location::current());

}  // namespace davit
