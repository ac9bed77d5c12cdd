#include "server/api/output_stream.hpp"

#include "server/api/stream_slot.hpp"
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

Task<Result<Reply>> stream_output(Context& context, Call& call, AppId app, OutputStream stream) {
  const auto slot = StreamSlot::take(context, app);
  if (!slot) co_return slot.error();
  const bool of_build = std::string_view(stream.kind) == "builds";
  Outputs& outputs = of_build ? context.services.build_outputs : context.services.release_outputs;
  const auto output = outputs.open(stream.id);
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
