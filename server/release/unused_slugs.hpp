#pragma once
#include "server/release/releases_impl.hpp"

namespace davit::release {

// Removes the app's slugs, and after them the languages, that no release needs any more: of its
// successful ones `keep` stay for a rollback. io thread only.
Task<> collect_slugs(ReleaseServices services, AppId app, std::size_t keep);

}  // namespace davit::release
