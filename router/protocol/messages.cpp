#include "router/protocol/messages.hpp"

#include <nlohmann/json.hpp>

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

Result<Event> read_hello(const json& message) {
  JsonFields fields(message, "");
  Hello hello;
  fields.read("version", hello.version);
  fields.read("pid", hello.pid);
  fields.read("table_version", hello.table_version);
  fields.read("listening", hello.listening);
  fields.read("draining", hello.draining);
  fields.read_known("certificates_version", hello.certificates_version);
  DAVIT_TRY(fields.result());
  return Event(std::move(hello));
}

Result<Event> read_applied(const json& message) {
  JsonFields fields(message, "");
  Applied applied;
  fields.read("table_version", applied.table_version);
  DAVIT_TRY(fields.result());
  return Event(applied);
}

Result<Event> read_certificates_applied(const json& message) {
  JsonFields fields(message, "");
  CertificatesApplied applied;
  fields.read("version", applied.version);
  fields.read("problems", applied.problems);
  DAVIT_TRY(fields.result());
  return Event(std::move(applied));
}

Result<Event> read_drained(const json& message) {
  JsonFields fields(message, "");
  Drained drained;
  fields.read("dyno", drained.dyno);
  DAVIT_TRY(fields.result());
  return Event(std::move(drained));
}

template <class AppEvent>
Result<Event> read_app_event(const json& message) {
  JsonFields fields(message, "");
  AppEvent event;
  fields.read("app", event.app);
  DAVIT_TRY(fields.result());
  return Event(std::move(event));
}

Result<Event> read_log(const json& message) {
  JsonFields fields(message, "");
  LogBatch batch;
  fields.read("dropped", batch.dropped);
  fields.each("lines", [&batch](const json& item, std::string path) -> Result<> {
    auto line = read_line(item, std::move(path));
    if (!line) return std::move(line).error();
    batch.lines.push_back(std::move(*line));
    return {};
  });
  DAVIT_TRY(fields.result());
  return Event(std::move(batch));
}

Result<Command> read_set_table(const json& message) {
  JsonFields fields(message, "");
  const json* table_json = fields.object("table");
  DAVIT_TRY(fields.result());
  auto table = RouteTable::from_json(*table_json);
  if (!table) return std::move(table).error();
  SetTable set{std::move(*table)};
  fields.read_known("speaks", set.speaks);
  DAVIT_TRY(fields.result());
  return Command(std::move(set));
}

Result<Event> read_need_table(const json& message) {
  JsonFields fields(message, "");
  NeedTable need;
  fields.read("table_version", need.table_version);
  DAVIT_TRY(fields.result());
  return Event(need);
}

Result<Event> read_metrics(const json& message) {
  auto metrics = Metrics::from_json(message);
  if (!metrics) return std::move(metrics).error();
  return Event(std::move(*metrics));
}

Result<Command> read_change_table(const json& message) {
  JsonFields fields(message, "");
  const json* change_json = fields.object("change");
  DAVIT_TRY(fields.result());
  auto change = TableChange::from_json(*change_json);
  if (!change) return std::move(change).error();
  return Command(ChangeTable{std::move(*change)});
}

Result<Command> read_set_certificates(const json& message) {
  auto set = CertificateSet::from_json(message);
  if (!set) return std::move(set).error();
  JsonFields fields(message, "");
  SetCertificates command{std::move(*set)};
  fields.read_known("more", command.more);
  DAVIT_TRY(fields.result());
  return Command(std::move(command));
}

Result<Command> read_ack(const json& message) {
  JsonFields fields(message, "");
  AckLog ack;
  fields.read("sequence", ack.sequence);
  DAVIT_TRY(fields.result());
  return Command(ack);
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
  if (message->type == "hello") return read_hello(message->body);
  if (message->type == "applied") return read_applied(message->body);
  if (message->type == "drained") return read_drained(message->body);
  if (message->type == "log") return read_log(message->body);
  if (message->type == "certificates_applied") return read_certificates_applied(message->body);
  if (message->type == "quiet") return read_app_event<Quiet>(message->body);
  if (message->type == "need_table") return read_need_table(message->body);
  if (message->type == "metrics") return read_metrics(message->body);
  if (message->type == "wanted") return read_app_event<Wanted>(message->body);
  return fail(Errc::corrupt, "router protocol: unknown event '{}'", message->type);
}

Result<Command> decode_command(Frame frame) {
  const auto message = parse(frame);
  if (!message) return message.error();
  if (message->type == "set_table") return read_set_table(message->body);
  if (message->type == "set_certificates") return read_set_certificates(message->body);
  if (message->type == "change_table") return read_change_table(message->body);
  if (message->type == "ack_log") return read_ack(message->body);
  if (message->type == "shutdown") return Command(Shutdown{});
  if (message->type == "hand_over") return Command(HandOver{});
  return fail(Errc::corrupt, "router protocol: unknown command '{}'", message->type);
}

}  // namespace davit::router
