// Deploys without git: POST /sources, PUT of a tarball, POST /apps/APP/builds.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "server/api/apps/pack_input.hpp"
#include "server/api/handlers.hpp"
#include "server/api/shape/objects.hpp"
#include "server/api/shape/output_stream.hpp"
#include "server/fetch/address.hpp"

namespace davit::api {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t version_bytes_max = 1024;  // of what people call a version, or a commit

std::string source_url(const Context& context, const std::string& secret) {
  return context.options.urls.control() + "/sources/" + secret;
}

Result<release::SourceBuild> wanted_build(const Context& context, const nlohmann::json& body) {
  const auto fields = JsonObject::of(body, "");
  if (!fields) return fields.error();
  const auto* given = fields->find("source_blob");
  if (given == nullptr) {
    return fail(Errc::invalid_argument,
                "source_blob: is missing: an object with the tarball's url");
  }
  const auto blob = JsonObject::of(*given, "source_blob");
  if (!blob) return blob.error();
  release::SourceBuild build;
  auto url = blob->required_text("url");
  if (!url) return std::move(url).error();
  build.url = std::move(*url);
  build.about["url"] = fetch::shown_url(build.url);
  for (const char* key : {"version", "version_description", "checksum"}) {
    auto text = blob->text(key);
    if (!text) return std::move(text).error();
    if (!*text) continue;
    if ((*text)->size() > version_bytes_max || (*text)->find('\0') != std::string::npos) {
      return fail(Errc::invalid_argument, "source_blob.{}: is too long, or no text", key);
    }
    build.about[key] = **text;
  }
  if (build.about.contains("checksum")) build.checksum = build.about["checksum"];
  const std::string own = source_url(context, "");
  if (build.url.starts_with(own)) {
    build.secret = build.url.substr(own.size());
    build.about["url"] = own + "…";  // as long as it lives, it is a secret
  } else {
    sources::Rules rules = context.services.sources.rules();
    const bool web =
        build.url.starts_with("https://") || (rules.plain_http && build.url.starts_with("http://"));
    if (!web) {
      return fail(Errc::invalid_argument,
                  "source_blob.url: must be an https:// address, or the get_url of POST /sources");
    }
  }
  if (const auto given = body.find("buildpacks"); given != body.end() && !given->is_null()) {
    auto packs =
        read_packs(body, {"buildpacks", {"url", "name"}}, context.services.sources.rules());
    if (!packs) return std::move(packs).error();
    build.buildpacks = std::move(*packs);
  }
  for (const std::string& pack : build.buildpacks) {
    auto& list = build.about["buildpacks"];
    list += (list.empty() ? "" : "\n") + fetch::shown_url(pack);
  }
  return build;
}

// A block of the file; empty at its end.
Result<std::string> next_block(int file) {
  std::string block(piece_bytes, '\0');
  for (;;) {
    const ssize_t count = ::read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "read a source");
    block.resize(static_cast<std::size_t>(count));
    return block;
  }
}

}  // namespace

Task<Result<Reply>> source_create(Context& context, Call& call) {
  const auto secrets = context.services.uploads.give(call.who().user);
  if (!secrets) co_return secrets.error();
  co_return json_reply(201, {{"source_blob",
                              {{"get_url", source_url(context, secrets->get)},
                               {"put_url", source_url(context, secrets->put)}}}});
}

Task<Result<Reply>> source_upload(Context& context, Call& call) {
  auto read = [&call]() -> Task<Result<std::string>> {
    std::string piece(piece_bytes, '\0');
    const auto count = co_await call.exchange.read_some(asio::buffer(piece));
    if (!count) co_return count.error();
    piece.resize(*count);
    co_return piece;
  };
  const sources::Uploads::Read reader = read;
  const auto received = co_await context.services.uploads.receive(call.param("secret"), reader);
  if (!received) co_return received.error();
  co_return Reply{200, "", {}, false};
}

Task<Result<Reply>> source_download(Context& context, Call& call) {
  const auto file = context.services.uploads.find(call.param("secret"));
  if (!file) co_return file.error();
  const auto opened = open_file(file->file->path(), O_RDONLY | O_NOFOLLOW);
  if (!opened) co_return opened.error();
  http::ResponseHead head;
  head.fields.add("Content-Type", "application/gzip");
  head.fields.add("Cache-Control", "private, no-store");
  auto started = co_await call.exchange.start(std::move(head));
  while (started) {
    auto block = next_block(opened->get());
    if (!block || block->empty()) break;
    started = co_await call.exchange.write(std::move(*block));
  }
  if (started) (void)co_await call.exchange.finish();
  co_return streamed_reply();
}

Task<Result<Reply>> build_create(Context& context, Call& call) {
  auto build = wanted_build(context, *call.body);
  if (!build) co_return std::move(build).error();
  build->app = call.the_app().id;
  build->user = call.who().user;
  auto wanted = std::move(*build);
  auto row = co_await context.services.source_builds.start(std::move(wanted));
  if (!row) co_return std::move(row).error();
  const OutputStream stream{"builds", row->id.str()};
  const BuildView view{std::move(*row),
                       {call.who().user.str(), call.who().email},
                       stream.url(context),
                       std::nullopt};
  co_return json_reply(201, build_json(view));
}

}  // namespace davit::api
