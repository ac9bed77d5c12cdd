#include "router/json_line.hpp"

#include <nlohmann/json.hpp>

namespace davit::router {

std::string format_json_line(const LogRecord& record) {
  nlohmann::ordered_json line;
  if (record.code == HCode::none) {
    line["at"] = "info";
  } else {
    const HInfo& info = describe(record.code);
    line["at"] = info.severity;
    line["code"] = info.code;
    line["desc"] = info.desc;
    if (!info.sock.empty()) line["sock"] = info.sock;
  }
  line["method"] = record.method;
  line["path"] = record.path;
  line["host"] = record.host;
  line["request_id"] = record.request_id;
  line["fwd"] = record.forwarded_for;
  if (!record.dyno.empty()) line["dyno"] = record.dyno;
  if (record.connect_ms >= 0) line["connect_ms"] = record.connect_ms;
  if (record.service_ms >= 0) line["service_ms"] = record.service_ms;
  if (record.queue_ms >= 0) line["queue_ms"] = record.queue_ms;
  line["status"] = record.status;
  line["bytes"] = record.bytes;
  line["received"] = record.received;
  line["protocol"] = record.http2 ? "http2" : record.minor == 0 ? "http1.0" : "http1.1";
  if (record.tls_version[0] != 0) line["tls_version"] = record.tls_version;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace davit::router
