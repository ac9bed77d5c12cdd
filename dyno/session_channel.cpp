#include "dyno/session_channel.hpp"

#include <algorithm>
#include <cstring>

#include "base/fd_passing.hpp"
#include "dyno/limits.hpp"

namespace davit::dyno {
namespace {

enum class OrderKind : std::uint8_t { start = 1, signal };

struct OrderHead {
  OrderKind kind;
  SessionId session;
  std::int32_t number;  // of signal
};

struct NewsRecord {
  SessionNews::Kind kind;
  SessionId session;
  std::int32_t code;
  std::int32_t signal;
  char text[400];
};

Passed receive_packet(int channel, std::span<char> buffer, ChannelState& state) {
  auto got = take_fds(channel, buffer);
  state = got.state == PassState::closed ? ChannelState::closed : ChannelState::open;
  return got;
}

}  // namespace

bool send_order(int channel, const SessionOrder& order) {
  OrderHead head{};
  std::string packet;
  if (const auto* start = std::get_if<StartSession>(&order)) {
    head.kind = OrderKind::start;
    head.session = start->session;
    FrameDecoder decoder(limits::command_bytes_max);
    decoder.feed(encode(Command(start->what)));
    auto frame = decoder.next();
    if (!frame || !*frame) return false;
    packet = std::move((*frame)->payload);
  } else {
    const auto& signal = std::get<SignalSession>(order);
    head.kind = OrderKind::signal;
    head.session = signal.session;
    head.number = signal.number;
  }
  packet.insert(0, reinterpret_cast<const char*>(&head), sizeof head);
  return pass_fds(channel, packet, {}) == PassState::done;
}

std::optional<SessionOrder> receive_order(int channel, ChannelState& state) {
  std::string packet(sizeof(OrderHead) + limits::command_bytes_max, '\0');
  const auto got = receive_packet(channel, packet, state);
  OrderHead head{};
  if (got.state != PassState::done || got.bytes < sizeof head) return std::nullopt;
  std::memcpy(&head, packet.data(), sizeof head);
  if (head.kind == OrderKind::signal) return SignalSession{head.session, head.number};
  auto command =
      decode_command(Frame{FrameKind::json, packet.substr(sizeof head, got.bytes - sizeof head)});
  if (!command || !std::holds_alternative<Exec>(*command)) return std::nullopt;
  return StartSession{head.session, std::move(std::get<Exec>(*command))};
}

bool send_news(int channel, const SessionNews& news) {
  NewsRecord record{};
  record.kind = news.kind;
  record.session = news.session;
  record.code = news.code;
  record.signal = news.signal;
  std::memcpy(record.text, news.text.data(), std::min(news.text.size(), sizeof record.text - 1));
  std::vector<int> fds;
  for (const auto& fd : news.fds) fds.push_back(fd.get());
  return pass_fds(channel, {reinterpret_cast<const char*>(&record), sizeof record}, fds) ==
         PassState::done;
}

std::optional<SessionNews> receive_news(int channel, ChannelState& state) {
  NewsRecord record{};
  auto got = receive_packet(channel, {reinterpret_cast<char*>(&record), sizeof record}, state);
  if (got.state != PassState::done || got.bytes != sizeof record) return std::nullopt;
  record.text[sizeof record.text - 1] = '\0';
  return SessionNews{record.kind,   record.session, record.code,
                     record.signal, record.text,    std::move(got.fds)};
}

}  // namespace davit::dyno
