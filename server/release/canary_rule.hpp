#pragma once
#include "store/stores.hpp"

namespace davit::release {

enum class ChangeOf { code, config };

// Whether a new release gets only a share of the requests at first (`davit releases:canary`). Only
// where an older one serves beside it: the current release has web dynos, and so will this one. A
// config change while a canary serves is the canary's, whatever the setting. Store thread.
bool begins_as_canary(const store::Stores& stores, const store::Release& release, ChangeOf change);

}  // namespace davit::release
