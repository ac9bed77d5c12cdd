#include "dyno/protocol/messages.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "dyno/protocol/fields.hpp"
#include "dyno/protocol/interaction.hpp"

namespace davit::dyno {
namespace {

using nlohmann::json;

struct ReasonName {
  ExitReason reason;
  std::string_view name;
};
constexpr std::array<ReasonName, 9> reason_names{{
    {ExitReason::exited, "exited"},
    {ExitReason::stopped, "stopped"},
    {ExitReason::stop_timeout, "stop_timeout"},
    {ExitReason::killed, "killed"},
    {ExitReason::time_limit, "time_limit"},
    {ExitReason::owner_gone, "owner_gone"},
    {ExitReason::out_of_memory, "out_of_memory"},
    {ExitReason::setup_failed, "setup_failed"},
    {ExitReason::disk_full, "disk_full"},
}};

constexpr std::array<std::string_view, 3> state_names{"starting", "running", "exited"};

json to_json(const ExitRecord& record) {
  return {{"code", record.code},
          {"signal", record.signal},
          {"reason", to_string(record.reason)},
          {"detail", to_valid_utf8(record.detail)},
          {"ran_ms", record.ran.count()}};
}

json to_json(const Status& status) {
  json out{{"type", "status"},
           {"version", status.version},
           {"id", status.id},
           {"name", status.name},
           {"launcher_pid", status.launcher_pid},
           {"launcher_start", status.launcher_start},
           {"init_pid", status.init_pid},
           {"state", state_names[static_cast<std::size_t>(status.state)]},
           {"listening", status.listening},
           {"frozen", status.frozen},
           {"output_begin", status.output_begin},
           {"output_end", status.output_end}};
  if (status.exit) out["exit"] = to_json(*status.exit);
  return out;
}

std::string frame_of(const json& object) {
  // Texts were checked where they came in; a byte that slipped through must not end a dyno's
  // launcher.
  return encode_json_frame(object.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<ExitRecord> exit_from_json(const json& value) {
  ExitRecord record;
  std::string reason;
  Fields fields(value, "exit record");
  fields.required("code").number("code", record.code).number("signal", record.signal);
  fields.required("reason").text("reason", reason).text("detail", record.detail);
  fields.milliseconds("ran_ms", record.ran);
  DAVIT_TRY(fields.result());
  const auto* const known =
      std::find_if(reason_names.begin(), reason_names.end(),
                   [&](const ReasonName& entry) { return entry.name == reason; });
  if (known != reason_names.end()) {
    record.reason = known->reason;
    return record;
  }
  // A newer davit-dyno has more reasons: the dyno ended all the same.
  record.detail = fmt::format("{} ({})", printable(reason, 40), record.detail);
  return record;
}

Result<Event> status_from_json(const json& value) {
  Status status;
  std::string state;
  Fields fields(value, "status");
  fields.required("version").number("version", status.version);
  fields.required("id").text("id", status.id).text("name", status.name);
  fields.number("launcher_pid", status.launcher_pid)
      .number("launcher_start", status.launcher_start)
      .number("init_pid", status.init_pid)
      .flag("listening", status.listening)
      .flag("frozen", status.frozen)
      .number("output_begin", status.output_begin)
      .number("output_end", status.output_end);
  fields.required("state").text("state", state);
  const auto* found = std::find(state_names.begin(), state_names.end(), state);
  if (found == state_names.end()) {
    fields.refuse("state", "is unknown");
  } else {
    status.state = static_cast<State>(found - state_names.begin());
  }
  DAVIT_TRY(fields.result());
  if (const auto* object = fields.member("exit")) {
    auto record = exit_from_json(*object);
    if (!record) return std::move(record).error();
    status.exit = std::move(*record);
  }
  return Event(std::move(status));
}

Result<Event> dropped_from_json(const json& value) {
  Dropped dropped;
  Fields fields(value, "dropped");
  fields.required("from").number("from", dropped.from);
  fields.required("to").number("to", dropped.to);
  fields.number("lines", dropped.lines);  // an older davit-dyno does not tell
  DAVIT_TRY(fields.result());
  return Event(dropped);
}

// A peer's message that breaks its format is corrupt, whatever the field reader calls it.
Error as_corrupt(Error error) {
  error.code = Errc::corrupt;
  return error;
}

Result<Event> event_from_json(const json& value, const std::string& type) {
  if (type == "status") return status_from_json(value);
  if (type == "dropped") return dropped_from_json(value);
  if (type == "listening") return Event(Listening{});
  if (type == "exited") {
    const auto record = value.find("record");
    auto exit = exit_from_json(record == value.end() ? json() : *record);
    if (!exit) return std::move(exit).error();
    return Event(Exited{std::move(*exit)});
  }
  if (type == "usage") {
    auto usage = Usage::from_json(value);
    if (!usage) return std::move(usage).error();
    return Event(*usage);
  }
  if (type == "frozen") {
    Frozen frozen;
    Fields fields(value, "frozen");
    fields.required("frozen").flag("frozen", frozen.frozen);
    DAVIT_TRY(fields.result());
    return Event(frozen);
  }
  return Event(Unknown{printable(type, 40)});
}

Result<Command> exec_from_json(const json& value) {
  Exec exec;
  Fields fields(value, "exec");
  fields.required("argv").strings("argv", exec.argv).string_map("env", exec.env);
  if (exec.argv.empty() || exec.argv[0].empty()) fields.refuse("argv", "names no program");
  for (const auto& [key, text] : exec.env) {
    if (key.empty() || key.find('=') != key.npos) fields.refuse("env", "holds a name that is none");
  }
  read_interaction(fields, exec.interaction);
  DAVIT_TRY(fields.result());
  return Command(std::move(exec));
}

Result<Command> command_from_json(const json& value, const std::string& type) {
  if (type == "exec") return exec_from_json(value);
  Fields fields(value, type == "stop" ? "stop" : type == "ack" ? "ack" : "subscribe");
  Command command;
  if (type == "subscribe") {
    fields.required("from").number("from", command.emplace<Subscribe>().from);
  } else if (type == "ack") {
    fields.required("offset").number("offset", command.emplace<Ack>().offset);
  } else if (type == "stop") {
    fields.milliseconds("grace_ms", command.emplace<Stop>().grace);
  } else if (type == "kill") {
    command = Kill{};
  } else if (type == "release") {
    command = Release{};
  } else if (type == "freeze") {
    command = Freeze{};
  } else if (type == "thaw") {
    command = Thaw{};
  } else if (type == "attach") {
    command = Attach{};
  } else {
    command = Unknown{printable(type, 40)};
  }
  DAVIT_TRY(fields.result());
  return command;
}

struct Typed {
  json value;
  std::string type;
};
Result<Typed> parse(const std::string& payload) {
  Typed typed{json::parse(payload, nullptr, false), {}};
  const auto* type =
      typed.value.is_object() && typed.value.contains("type") ? &typed.value["type"] : nullptr;
  if (type == nullptr || !type->is_string()) {
    return fail(Errc::corrupt, "a frame is no JSON object with a type: '{}'",
                printable(payload, 60));
  }
  typed.type = type->get<std::string>();
  return typed;
}

}  // namespace

std::string encode(const Event& event) {
  if (const auto* chunk = std::get_if<OutputChunk>(&event)) {
    return encode_output_frame(chunk->offset, chunk->bytes);
  }
  if (const auto* status = std::get_if<Status>(&event)) return frame_of(to_json(*status));
  if (const auto* dropped = std::get_if<Dropped>(&event)) {
    return frame_of({{"type", "dropped"},
                     {"from", dropped->from},
                     {"to", dropped->to},
                     {"lines", dropped->lines}});
  }
  if (const auto* exited = std::get_if<Exited>(&event)) {
    return frame_of({{"type", "exited"}, {"record", to_json(exited->record)}});
  }
  if (const auto* usage = std::get_if<Usage>(&event)) {
    auto object = usage->to_json();
    object["type"] = "usage";
    return frame_of(object);
  }
  if (const auto* frozen = std::get_if<Frozen>(&event)) {
    return frame_of({{"type", "frozen"}, {"frozen", frozen->frozen}});
  }
  if (const auto* unknown = std::get_if<Unknown>(&event)) {
    return frame_of({{"type", unknown->type}});
  }
  return frame_of({{"type", "listening"}});
}

std::string encode(const Command& command) {
  if (const auto* subscribe = std::get_if<Subscribe>(&command)) {
    return frame_of({{"type", "subscribe"}, {"from", subscribe->from}});
  }
  if (const auto* ack = std::get_if<Ack>(&command)) {
    return frame_of({{"type", "ack"}, {"offset", ack->offset}});
  }
  if (const auto* stop = std::get_if<Stop>(&command)) {
    return frame_of({{"type", "stop"}, {"grace_ms", stop->grace.count()}});
  }
  if (const auto* unknown = std::get_if<Unknown>(&command)) {
    return frame_of({{"type", unknown->type}});
  }
  if (const auto* exec = std::get_if<Exec>(&command)) {
    json object{{"type", "exec"}, {"argv", exec->argv}, {"env", exec->env}};
    put_interaction(object, exec->interaction);
    return frame_of(object);
  }
  const char* type = std::holds_alternative<Kill>(command)     ? "kill"
                     : std::holds_alternative<Freeze>(command) ? "freeze"
                     : std::holds_alternative<Thaw>(command)   ? "thaw"
                     : std::holds_alternative<Attach>(command) ? "attach"
                                                               : "release";
  return frame_of({{"type", type}});
}

Result<Event> decode_event(Frame frame) {
  if (frame.kind == FrameKind::output) {
    auto chunk = decode_output(std::move(frame.payload));
    if (!chunk) return std::move(chunk).error();
    return Event(std::move(*chunk));
  }
  auto typed = parse(frame.payload);
  if (!typed) return std::move(typed).error();
  auto event = event_from_json(typed->value, typed->type);
  if (!event) return as_corrupt(std::move(event).error());
  return event;
}

Result<Command> decode_command(Frame frame) {
  if (frame.kind != FrameKind::json) return fail(Errc::corrupt, "a command is a JSON frame");
  auto typed = parse(frame.payload);
  if (!typed) return std::move(typed).error();
  auto command = command_from_json(typed->value, typed->type);
  if (!command) return as_corrupt(std::move(command).error());
  return command;
}

std::string_view to_string(ExitReason reason) {
  for (const auto& entry : reason_names) {
    if (entry.reason == reason) return entry.name;
  }
  return "exited";
}

}  // namespace davit::dyno
