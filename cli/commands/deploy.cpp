#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/session.hpp"
#include "cli/source_tarball.hpp"
#include "cli/text.hpp"

namespace davit::cli {
namespace {

constexpr HttpTimeouts silent_build{std::chrono::seconds(10), std::chrono::minutes(16)};
// The output ends a moment before the build has its status.
constexpr int status_tries = 120;
constexpr std::chrono::milliseconds status_pause{250};

struct Wanted {
  std::string folder = ".";
  std::string version;
};

// The address that a build gets it by.
Result<std::string> upload(const TheApp& at, const std::filesystem::path& tarball) {
  const auto source = at.api.post(at.path + "/sources", nlohmann::json::object());
  if (!source) return source.error();
  DAVIT_TRY(put_file(text_at(*source, "source_blob.put_url"), tarball));
  return text_at(*source, "source_blob.get_url");
}

Result<nlohmann::json> ended_build(const TheApp& at, const std::string& id) {
  for (int attempt = 0;; ++attempt) {
    auto build = at.api.get(at.path + "/builds/" + encode_segment(id));
    if (!build || text_at(*build, "status") != "pending" || attempt >= status_tries) return build;
    std::this_thread::sleep_for(status_pause);
  }
}

Outcome follow(Session& session, const TheApp& at, const nlohmann::json& build) {
  Terminal& terminal = session.terminal();
  const auto read = stream_url(text_at(build, "output_stream_url"), {}, silent_build,
                               [&](std::string_view bytes) {
                                 if (!session.json()) terminal.write(bytes);
                                 return true;
                               });
  if (!read) terminal.warning("the output broke off: " + one_line(read.error().message));
  const std::string id = text_at(build, "id");
  const auto ended = ended_build(at, id);
  if (!ended) return ended.error();
  if (session.json()) terminal.print(pretty(*ended));
  const std::string status = text_at(*ended, "status");
  if (status == "succeeded") return 0;
  if (status == "pending") {
    return fail(Errc::timeout, "the build goes on; `davit builds:output {}` follows it", id);
  }
  terminal.error(fmt::format("the build failed; `davit builds:output {}` shows it again", id));
  return 1;
}

Outcome deploy(Session& session, const Wanted& wanted) {
  const auto at = session.the_app();
  if (!at) return at.error();
  std::error_code ec;
  const auto folder = std::filesystem::canonical(wanted.folder, ec);
  if (ec || !std::filesystem::is_directory(folder, ec)) {
    return fail(Errc::not_found, "'{}' is no folder", wanted.folder);
  }
  const auto files = session.git().source_files(folder);
  if (!files) return files.error();
  if (files->empty()) return fail(Errc::not_found, "'{}' has no files", folder.string());
  const auto tarball = TemporaryFile::make();
  if (!tarball) return tarball.error();
  nlohmann::json source;
  {
    Progress packing(session.terminal(), "Packing " + one_line(folder.string()));
    const auto packed = pack_source(folder, *files, tarball->path());
    if (!packed) return packed.error();
    packing.done(fmt::format("{} files, {}", packed->files, human_bytes(packed->bytes)));
  }
  std::string get_url;
  {
    Progress sending(session.terminal(), "Uploading to " + session.terminal().app(at->name));
    auto sent = upload(*at, tarball->path());
    if (!sent) return sent.error();
    get_url = std::move(*sent);
    sending.done();
  }
  source["url"] = get_url;
  const std::string version =
      wanted.version.empty() ? session.git().describe(folder) : wanted.version;
  if (!version.empty()) source["version"] = version;
  const auto build = at->api.post(at->path + "/builds", {{"source_blob", source}});
  if (!build) return build.error();
  return follow(session, *at, *build);
}

}  // namespace

std::vector<Command> deploy_commands() {
  Command command;
  command.name = "deploy";
  command.topic = "builds";
  command.usage = "[DIR]";
  command.summary = "build and release a folder as it is, without git";
  command.examples = {"deploy", "deploy --app blog ./dist"};
  command.output = Output::text_or_json;
  command.declare = [](Arguments& arguments) -> Run {
    auto wanted = std::make_shared<Wanted>();
    arguments.argument("dir", wanted->folder,
                       "what to send; without what .gitignore and .slugignore name");
    arguments.option("--version", "TEXT", wanted->version, "what to call it (the commit)");
    return [wanted](Session& session) { return deploy(session, *wanted); };
  };
  return {std::move(command)};
}

}  // namespace davit::cli
