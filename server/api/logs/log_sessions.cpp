#include "server/api/logs/log_sessions.hpp"

#include <algorithm>

#include "server/api/limits.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {

std::string LogSessions::open(LogSession session) {
  make_room(session.app);
  const SteadyTime now = clock_.steady();
  const SteadyTime end =
      session.tail ? now + limits::tail_session_lifetime : now + limits::dump_session_lifetime;
  std::string secret = auth::make_url_secret(random_);
  sessions_[secret] = Entry{std::move(session), now, end};
  return secret;
}

std::optional<LogSession> LogSessions::find(const std::string& secret) {
  const auto found = sessions_.find(secret);
  if (found == sessions_.end()) return std::nullopt;
  if (found->second.expires_at > clock_.steady()) return found->second.session;
  sessions_.erase(found);
  return std::nullopt;
}

void LogSessions::make_room(const AppId& app) {
  const SteadyTime now = clock_.steady();
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.expires_at <= now; });
  const auto of_app = [&](const auto& entry) { return entry.second.session.app == app; };
  const bool app_full = static_cast<std::size_t>(std::ranges::count_if(sessions_, of_app)) >=
                        limits::log_sessions_per_app;
  if (!app_full && sessions_.size() < limits::log_sessions_max) return;
  auto oldest = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    if (app_full && !of_app(*it)) continue;
    if (oldest == sessions_.end() || it->second.opened_at < oldest->second.opened_at) oldest = it;
  }
  sessions_.erase(oldest);
}

}  // namespace davit::api
