#include "server/api/shape/output_stream.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "server/api/shape/stream_slot.hpp"
#include "server/auth/secrets.hpp"

namespace davit::api {
namespace {

std::string signature_of(const Context& context, const OutputStream& stream) {
  return auth::keyed_hash(context.stream_key, fmt::format("{}/{}", stream.kind, stream.id));
}

}  // namespace

std::string OutputStream::url(const Context& context) const {
  return fmt::format("{}/streams/{}/{}/{}", context.options.urls.control(), kind, id,
                     signature_of(context, *this));
}

bool OutputStream::signed_by(const Context& context, const std::string& signature) const {
  return auth::same_secret(signature_of(context, *this), signature);
}

// "offset=N": from that byte on, where a reader was cut off. "follow=no": what is there now.
Result<Outputs::From> parse_output_query(std::string_view query) {
  Outputs::From from;
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const auto value = part.substr(std::min(part.find('=') + 1, part.size()));
    if (part == "follow=no") {
      from.follow = false;
      continue;
    }
    const auto [end, ec] = std::from_chars(value.begin(), value.end(), from.offset);
    if (!part.starts_with("offset=") || ec != std::errc() || end != value.end()) {
      return fail(Errc::invalid_argument,
                  "'{}': an output is asked for with offset=BYTES and follow=no",
                  printable(part, 80));
    }
  }
  return from;
}

Task<Result<Reply>> stream_output(Context& context, Call& call, AppId app, OutputStream stream) {
  const auto slot = StreamSlot::take(context, app);
  if (!slot) co_return slot.error();
  const bool of_build = std::string_view(stream.kind) == "builds";
  Outputs& outputs = of_build ? context.services.build_outputs : context.services.release_outputs;
  const auto from = parse_output_query(call.request().query);
  if (!from) co_return from.error();
  const auto output = outputs.open(stream.id, *from);
  if (!output) co_return output.error();
  http::ResponseHead head;
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Content-Type-Options", "nosniff");
  const auto started = co_await call.exchange.start(std::move(head));
  if (!started) co_return streamed_reply();
  for (;;) {
    auto bytes = co_await (*output)->next();
    if (!bytes || bytes->empty()) break;
    const auto written = co_await call.exchange.write(std::move(*bytes));
    if (!written) co_return streamed_reply();
  }
  (void)co_await call.exchange.finish();
  co_return streamed_reply();
}

}  // namespace davit::api
