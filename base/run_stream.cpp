#include "base/run_stream.hpp"

#include <array>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/encoding.hpp"

namespace davit::run_stream {
namespace {

using nlohmann::json;

constexpr std::uint8_t input_channel = 0;

struct NamedSignal {
  int number;
  std::string_view name;
};
constexpr std::array<NamedSignal, 4> named_signals{
    {{SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"}}};

std::string data_frame(std::uint8_t channel, std::string_view bytes) {
  std::string payload;
  payload.reserve(1 + bytes.size());
  payload += static_cast<char>(channel);
  payload += bytes;
  return encode_frame(FrameKind::data, payload);
}

std::string message_frame(const json& object) {
  return encode_json_frame(object.dump(-1, ' ', false, json::error_handler_t::replace));
}

struct Data {
  std::uint8_t channel = 0;
  std::string bytes;
};
Result<Data> data_of(Frame frame) {
  if (frame.payload.empty()) return fail(Errc::corrupt, "a data frame without a channel");
  const auto channel = static_cast<std::uint8_t>(frame.payload.front());
  frame.payload.erase(0, 1);
  return Data{channel, std::move(frame.payload)};
}

struct Message {
  json object;
  std::string type;
};
Result<Message> message_of(const Frame& frame) {
  if (frame.kind != FrameKind::json)
    return fail(Errc::corrupt, "a frame of a kind that is not for a command");
  Message message{json::parse(frame.payload, nullptr, false), {}};
  const bool typed = message.object.is_object() && message.object.contains("type") &&
                     message.object["type"].is_string();
  if (!typed) {
    return fail(Errc::corrupt, "a frame is no JSON object with a type: '{}'",
                printable(frame.payload, 60));
  }
  message.type = message.object["type"].get<std::string>();
  return message;
}

// A whole number of the message, from 0 to the type's largest.
template <class Integer>
Result<> read_number(const Message& message, const char* name, Integer& into) {
  const auto found = message.object.find(name);
  const bool number = found != message.object.end() && found->is_number_unsigned();
  const auto max = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
  if (!number || found->get<std::uint64_t>() > max) {
    return fail(Errc::corrupt, "'{}' of a '{}' message is no number in range", name,
                printable(message.type, 40));
  }
  into = static_cast<Integer>(found->get<std::uint64_t>());
  return {};
}

std::string text_of(const Message& message, const char* name) {
  const auto found = message.object.find(name);
  const bool text = found != message.object.end() && found->is_string();
  return text ? found->get<std::string>() : std::string();
}

}  // namespace

int signal_number(std::string_view name) {
  for (const auto& each : named_signals) {
    if (each.name == name) return each.number;
  }
  return 0;
}

std::string_view signal_name(int number) {
  for (const auto& each : named_signals) {
    if (each.number == number) return each.name;
  }
  return {};
}

std::string encode(const ToCommand& message) {
  if (const auto* input = std::get_if<Input>(&message)) {
    return data_frame(input_channel, input->bytes);
  }
  if (const auto* resize = std::get_if<Resize>(&message)) {
    return message_frame(
        {{"type", "resize"}, {"columns", resize->window.columns}, {"rows", resize->window.rows}});
  }
  if (const auto* signal = std::get_if<Signal>(&message)) {
    return message_frame({{"type", "signal"}, {"name", signal_name(signal->number)}});
  }
  if (const auto* unknown = std::get_if<Unknown>(&message)) {
    return message_frame({{"type", unknown->type}});
  }
  return message_frame({{"type", "end_of_input"}});
}

std::string encode(const FromCommand& message) {
  if (const auto* output = std::get_if<Output>(&message)) {
    return data_frame(static_cast<std::uint8_t>(output->channel), output->bytes);
  }
  if (const auto* credit = std::get_if<Credit>(&message)) {
    return message_frame({{"type", "credit"}, {"bytes", credit->bytes}});
  }
  if (const auto* ended = std::get_if<Ended>(&message)) {
    return message_frame({{"type", "ended"},
                          {"code", ended->code},
                          {"signal", ended->signal},
                          {"reason", ended->reason},
                          {"detail", to_valid_utf8(ended->detail)}});
  }
  if (const auto* unknown = std::get_if<Unknown>(&message)) {
    return message_frame({{"type", unknown->type}});
  }
  return message_frame({{"type", std::holds_alternative<Ping>(message) ? "ping" : "started"}});
}

Result<ToCommand> decode_to_command(Frame frame) {
  if (frame.kind == FrameKind::data) {
    auto data = data_of(std::move(frame));
    if (!data) return std::move(data).error();
    if (data->channel != input_channel) {
      return fail(Errc::corrupt, "input on channel {}; there is none", data->channel);
    }
    return ToCommand(Input{std::move(data->bytes)});
  }
  const auto message = message_of(frame);
  if (!message) return message.error();
  if (message->type == "end_of_input") return ToCommand(EndOfInput{});
  if (message->type == "resize") {
    Resize resize;
    DAVIT_TRY(read_number(*message, "columns", resize.window.columns));
    DAVIT_TRY(read_number(*message, "rows", resize.window.rows));
    return ToCommand(resize);
  }
  if (message->type == "signal") {
    const int number = signal_number(text_of(*message, "name"));
    if (number == 0) return fail(Errc::corrupt, "a signal that is none of HUP, INT, QUIT, TERM");
    return ToCommand(Signal{number});
  }
  return ToCommand(Unknown{printable(message->type, 40)});
}

Result<FromCommand> decode_from_command(Frame frame) {
  if (frame.kind == FrameKind::data) {
    auto data = data_of(std::move(frame));
    if (!data) return std::move(data).error();
    if (data->channel != 1 && data->channel != 2) {
      return fail(Errc::corrupt, "output on channel {}; there is none", data->channel);
    }
    return FromCommand(Output{static_cast<Channel>(data->channel), std::move(data->bytes)});
  }
  const auto message = message_of(frame);
  if (!message) return message.error();
  if (message->type == "started") return FromCommand(Started{});
  if (message->type == "ping") return FromCommand(Ping{});
  if (message->type == "credit") {
    Credit credit;
    DAVIT_TRY(read_number(*message, "bytes", credit.bytes));
    return FromCommand(credit);
  }
  if (message->type == "ended") {
    Ended ended;
    DAVIT_TRY(read_number(*message, "code", ended.code));
    DAVIT_TRY(read_number(*message, "signal", ended.signal));
    ended.reason = text_of(*message, "reason");
    ended.detail = text_of(*message, "detail");
    return FromCommand(std::move(ended));
  }
  return FromCommand(Unknown{printable(message->type, 40)});
}

}  // namespace davit::run_stream
