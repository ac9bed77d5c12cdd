#include "server/api/dynos/run_tickets.hpp"

#include "server/api/limits.hpp"
#include "server/auth/secrets.hpp"
#include "server/supervisor/limits.hpp"

namespace davit::api {

Result<std::string> RunTickets::give(RunTicket ticket) {
  const SteadyTime now = clock_.steady();
  std::erase_if(tickets_, [&](const auto& entry) { return entry.second.expires_at <= now; });
  if (tickets_.size() >= limits::run_tickets_max) {
    return fail(Errc::limit_exceeded,
                "{} commands wait for their clients already. Try again in a minute.",
                tickets_.size());
  }
  std::string secret = auth::make_url_secret(random_);
  tickets_[auth::token_hash(secret)] =
      Entry{std::move(ticket), now + supervisor::limits::attach_timeout};
  return secret;
}

std::optional<RunTicket> RunTickets::take(const std::string& secret) {
  auto found = tickets_.extract(auth::token_hash(secret));
  if (!found || found.mapped().expires_at <= clock_.steady()) return std::nullopt;
  return std::move(found.mapped().ticket);
}

}  // namespace davit::api
