#include "router/protocol/messages.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/process.hpp"
#include "router/protocol/json_fields.hpp"

namespace davit::router {
namespace {

using nlohmann::json;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// A path in a log line may hold any bytes: replaced where they are no UTF-8, because JSON cannot
// carry them.
std::string frame_of(const json& message) {
  return encode_json_frame(message.dump(-1, ' ', false, json::error_handler_t::replace));
}

json line_to_json(const LogLine& line) {
  json object{{"sequence", line.sequence}, {"app", line.app},       {"at_micros", line.at_micros},
              {"text", line.text},         {"status", line.status}, {"service_ms", line.service_ms},
              {"queue_ms", line.queue_ms}};
  if (!line.origin.empty()) {
    object["origin"] = line.origin;
    object["origin_sequence"] = line.origin_sequence;
  }
  return object;
}

Result<LogLine> read_line(const json& object, std::string path) {
  JsonFields fields(object, std::move(path));
  LogLine line;
  fields.read("sequence", line.sequence);
  fields.read("app", line.app);
  fields.read("at_micros", line.at_micros);
  fields.read("text", line.text);
  if (object.contains("status")) {
    fields.read("status", line.status);
    fields.read("service_ms", line.service_ms);
    fields.read("queue_ms", line.queue_ms);
  }
  if (object.contains("origin")) {
    fields.read("origin", line.origin);
    fields.read("origin_sequence", line.origin_sequence);
  }
  DAVIT_TRY(fields.result());
  return line;
}

// What each message has, in read_as().
void read_fields(JsonFields& fields, Hello& hello) {
  fields.read("version", hello.version);
  fields.read("pid", hello.pid);
  fields.read("table_version", hello.table_version);
  fields.read("listening", hello.listening);
  fields.read("draining", hello.draining);
  fields.read_known("certificates_version", hello.certificates_version);
}
void read_fields(JsonFields& fields, Applied& applied) {
  fields.read("table_version", applied.table_version);
}
void read_fields(JsonFields& fields, CertificatesApplied& applied) {
  fields.read("version", applied.version);
  fields.read("problems", applied.problems);
}
void read_fields(JsonFields& fields, Drained& drained) { fields.read("dyno", drained.dyno); }
void read_fields(JsonFields& fields, Quiet& quiet) { fields.read("app", quiet.app); }
void read_fields(JsonFields& fields, Wanted& wanted) { fields.read("app", wanted.app); }
void read_fields(JsonFields& fields, NeedTable& need) {
  fields.read("table_version", need.table_version);
}
void read_fields(JsonFields& fields, Metrics& metrics) { fields.read_whole(metrics); }
void read_fields(JsonFields& fields, LogBatch& batch) {
  fields.read("dropped", batch.dropped);
  fields.read_each("lines", batch.lines, read_line);
}
void read_fields(JsonFields& fields, SetTable& set) {
  fields.read_object("table", set.table);
  fields.read_known("speaks", set.speaks);
}
void read_fields(JsonFields& fields, ChangeTable& change) {
  fields.read_object("change", change.change);
}
void read_fields(JsonFields& fields, SetCertificates& set) {
  fields.read_whole(set.set);
  fields.read_known("more", set.more);
}
void read_fields(JsonFields& fields, AckLog& ack) { fields.read("sequence", ack.sequence); }
void read_fields(JsonFields&, Shutdown&) {}
void read_fields(JsonFields&, HandOver&) {}

template <class Outcome, class Message>
Result<Outcome> read_as(const json& object) {
  JsonFields fields(object, "");
  Message message;
  read_fields(fields, message);
  DAVIT_TRY(fields.result());
  return Outcome(std::move(message));
}

// A struct, because a Result<json> is ambiguous: json converts from and to nearly everything.
struct Message {
  std::string type;
  json body;
};

Result<Message> parse(const Frame& frame) {
  if (frame.kind != FrameKind::json) {
    return fail(Errc::corrupt, "router protocol: a frame that is not JSON");
  }
  Message message;
  message.body = json::parse(frame.payload, nullptr, false);
  if (message.body.is_discarded()) return fail(Errc::corrupt, "router protocol: malformed JSON");
  JsonFields fields(message.body, "");
  fields.read("type", message.type);
  DAVIT_TRY(fields.result());
  return message;
}

}  // namespace

std::string stream_name(int pid) {
  return fmt::format("router-{}-{}", pid, process_start_time(pid).value_or(0));
}

std::string heir_socket(const std::string& control_socket) { return control_socket + ".heir"; }

std::string encode(const Event& event) {
  const auto to_json = Overloaded{
      [](const Hello& hello) {
        return json{{"type", "hello"},
                    {"version", hello.version},
                    {"pid", hello.pid},
                    {"table_version", hello.table_version},
                    {"certificates_version", hello.certificates_version},
                    {"listening", hello.listening},
                    {"draining", hello.draining}};
      },
      [](const Applied& applied) {
        return json{{"type", "applied"}, {"table_version", applied.table_version}};
      },
      [](const Drained& drained) {
        return json{{"type", "drained"}, {"dyno", drained.dyno}};
      },
      [](const Quiet& quiet) {
        return json{{"type", "quiet"}, {"app", quiet.app}};
      },
      [](const Wanted& wanted) {
        return json{{"type", "wanted"}, {"app", wanted.app}};
      },
      [](const CertificatesApplied& applied) {
        return json{{"type", "certificates_applied"},
                    {"version", applied.version},
                    {"problems", applied.problems}};
      },
      [](const NeedTable& need) {
        return json{{"type", "need_table"}, {"table_version", need.table_version}};
      },
      [](const Metrics& metrics) {
        json message = metrics.to_json();
        message["type"] = "metrics";
        return message;
      },
      [](const LogBatch& batch) {
        json lines = json::array();
        for (const LogLine& line : batch.lines) lines.push_back(line_to_json(line));
        return json{{"type", "log"}, {"dropped", batch.dropped}, {"lines", std::move(lines)}};
      },
  };
  return frame_of(std::visit(to_json, event));
}

std::string encode(const Command& command) {
  const auto to_json = Overloaded{
      [](const SetTable& set) {
        return json{
            {"type", "set_table"}, {"table", set.table.to_json()}, {"speaks", protocol_version}};
      },
      [](const ChangeTable& change) {
        return json{{"type", "change_table"}, {"change", change.change.to_json()}};
      },
      [](const AckLog& ack) {
        return json{{"type", "ack_log"}, {"sequence", ack.sequence}};
      },
      [](const Shutdown&) {
        return json{{"type", "shutdown"}};
      },
      [](const HandOver&) {
        return json{{"type", "hand_over"}};
      },
      [](const SetCertificates& set) {
        json message = set.set.to_json();
        message["type"] = "set_certificates";
        if (set.more) message["more"] = true;
        return message;
      },
  };
  return frame_of(std::visit(to_json, command));
}

Result<Event> decode_event(Frame frame) {
  const auto message = parse(frame);
  if (!message) return message.error();
  using Read = Result<Event> (*)(const json&);
  static constexpr std::pair<std::string_view, Read> kinds[] = {
      {"hello", read_as<Event, Hello>},
      {"applied", read_as<Event, Applied>},
      {"drained", read_as<Event, Drained>},
      {"log", read_as<Event, LogBatch>},
      {"certificates_applied", read_as<Event, CertificatesApplied>},
      {"quiet", read_as<Event, Quiet>},
      {"need_table", read_as<Event, NeedTable>},
      {"metrics", read_as<Event, Metrics>},
      {"wanted", read_as<Event, Wanted>},
  };
  for (const auto& [type, read] : kinds) {
    if (message->type == type) return read(message->body);
  }
  return fail(Errc::corrupt, "router protocol: unknown event '{}'", message->type);
}

Result<Command> decode_command(Frame frame) {
  const auto message = parse(frame);
  if (!message) return message.error();
  using Read = Result<Command> (*)(const json&);
  static constexpr std::pair<std::string_view, Read> kinds[] = {
      {"set_table", read_as<Command, SetTable>},
      {"set_certificates", read_as<Command, SetCertificates>},
      {"change_table", read_as<Command, ChangeTable>},
      {"ack_log", read_as<Command, AckLog>},
      {"shutdown", read_as<Command, Shutdown>},
      {"hand_over", read_as<Command, HandOver>},
  };
  for (const auto& [type, read] : kinds) {
    if (message->type == type) return read(message->body);
  }
  return fail(Errc::corrupt, "router protocol: unknown command '{}'", message->type);
}

}  // namespace davit::router
