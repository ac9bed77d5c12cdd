#include "server/git/receive_pack.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "server/git/limits.hpp"

namespace davit::git {
namespace {

std::string_view without_newline(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool PushRequest::needs_pack() const {
  return std::any_of(commands.begin(), commands.end(),
                     [](const RefCommand& command) { return !command.deletes(); });
}

Result<bool> PushRequestParser::feed(std::string_view bytes) {
  if (state_ == State::failed) return fail(Errc::corrupt, "the push was refused before");
  bytes_ += bytes.size();
  packets_.feed(bytes);
  while (state_ != State::complete) {
    auto packet = packets_.next();
    auto taken = packet ? Result<>{} : Result<>(packet.error());
    if (packet && !*packet) {
      if (bytes_ <= limits::command_bytes_max) return false;
      taken = fail(Errc::too_large, "the push's commands are longer than {} bytes",
                   limits::command_bytes_max);
    }
    if (taken) taken = take(**packet);
    if (!taken) {
      state_ = State::failed;
      return taken.error();
    }
  }
  return true;
}

Result<> PushRequestParser::take(const Packet& packet) {
  if (packet.kind == Packet::Kind::flush) {
    const bool more = state_ == State::commands && request_.can("push-options");
    state_ = more ? State::options : State::complete;
    return {};
  }
  if (packet.kind != Packet::Kind::data) {
    return fail(Errc::corrupt, "a push has no delimiter packets");
  }
  if (state_ == State::options) return take_option(without_newline(packet.payload));
  return take_command(packet.payload);
}

Result<> PushRequestParser::take_command(std::string_view line) {
  if (line.starts_with("shallow ")) {
    request_.shallow = true;
    return {};
  }
  if (line.starts_with("push-cert")) {
    return fail(Errc::invalid_argument, "signed pushes are not supported; push without --signed");
  }
  if (request_.commands.size() >= limits::refs_per_push_max) {
    return fail(Errc::limit_exceeded, "a push may change {} refs; push them in parts",
                limits::refs_per_push_max);
  }
  const auto zero = line.find('\0');
  if (zero != std::string_view::npos) {
    // Only the first command carries capabilities: a NUL later on would hide a part of a name.
    if (!request_.commands.empty()) return fail(Errc::corrupt, "a command holds a NUL byte");
    DAVIT_TRY(take_capabilities(without_newline(line.substr(zero + 1))));
    line = line.substr(0, zero);
  }
  line = without_newline(line);
  if (line.size() < 83 || line[40] != ' ' || line[81] != ' ') {
    return fail(Errc::corrupt, "'{}' is no push command", printable(line, 100));
  }
  auto old_id = CommitId::parse(line.substr(0, 40));
  auto new_id = CommitId::parse(line.substr(41, 40));
  if (!old_id || !new_id) {
    return fail(Errc::corrupt, "'{}' names no SHA-1 object", printable(line, 100));
  }
  RefCommand command{std::move(*old_id), std::move(*new_id), std::string(line.substr(82))};
  if (command.deletes() && command.creates()) {
    return fail(Errc::corrupt, "'{}' is no push command", printable(line, 100));
  }
  for (const auto& other : request_.commands) {
    if (other.ref == command.ref) {
      return fail(Errc::invalid_argument, "ref '{}' appears twice in one push",
                  printable(command.ref, 80));
    }
  }
  request_.commands.push_back(std::move(command));
  return {};
}

Result<> PushRequestParser::take_option(std::string_view line) {
  if (request_.options.size() >= limits::push_options_max ||
      line.size() > limits::push_option_bytes_max) {
    return fail(Errc::limit_exceeded, "a push may have {} options of {} bytes",
                limits::push_options_max, limits::push_option_bytes_max);
  }
  request_.options.emplace_back(line);
  return {};
}

Result<> PushRequestParser::take_capabilities(std::string_view list) {
  while (!list.empty()) {
    const auto space = list.find(' ');
    const auto word = list.substr(0, space);
    if (!word.empty()) request_.capabilities.emplace(word);
    list = space == std::string_view::npos ? std::string_view() : list.substr(space + 1);
  }
  for (const auto& capability : request_.capabilities) {
    if (capability.starts_with("object-format=") && capability != "object-format=sha1") {
      return fail(Errc::invalid_argument, "this server keeps SHA-1 repositories; '{}' is not one",
                  printable(capability, 40));
    }
  }
  return {};
}

}  // namespace davit::git
