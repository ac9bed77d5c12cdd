// What libnghttp2 calls, made into the connection's words.
#include "router/h2/callbacks.hpp"

#include <nghttp2/nghttp2.h>

#include "router/h2/connection.hpp"
#include "router/h2/native.hpp"

namespace davit::router::h2 {
namespace {

constexpr std::size_t frame_header_bytes = 9;

std::string_view to_view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

struct Callbacks {
  static Connection& connection(void* user) { return *static_cast<Connection*>(user); }
  static RequestStream* stream(nghttp2_session* session, std::int32_t id) {
    return static_cast<RequestStream*>(nghttp2_session_get_stream_user_data(session, id));
  }
  static bool is_request(const nghttp2_frame& frame) {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  }

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
    Connection& self = connection(user);
    const bool answers = (frame->flags & NGHTTP2_FLAG_ACK) != 0 &&
                         (frame->type == NGHTTP2_SETTINGS || frame->type == NGHTTP2_PING);
    const bool carries = frame->type == NGHTTP2_DATA || frame->type == NGHTTP2_HEADERS ||
                         frame->type == NGHTTP2_CONTINUATION;
    if (frame->type == NGHTTP2_RST_STREAM) self.count_reset();
    const bool known = frame->type <= NGHTTP2_CONTINUATION;  // others are counted in take()
    if (known && !answers && !carries) self.count_control();
    return 0;
  }
  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& self = connection(user);
    self.trailers_.clear();
    if (!is_request(*frame)) return 0;
    self.request_.clear();
    RequestStream& opened = self.open_stream(frame->hd.stream_id);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, &opened);
    return 0;
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    Connection& self = connection(user);
    const std::string_view field = to_view(name, name_size);
    const std::string_view text = to_view(value, value_size);
    if (is_request(*frame)) {
      self.request_.add(field, text);
      return 0;
    }
    const bool fine = RequestText::append_trailer(field, text, self.trailers_);
    return fine ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  // The library would drop a malformed field and go on.
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*,
                               std::size_t, const std::uint8_t*, std::size_t, std::uint8_t,
                               void* user) {
    if (!is_request(*frame)) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    connection(user).request_.refuse("a malformed header");
    return 0;
  }
  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& self = connection(user);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS: self.greeted_ = true; return 0;
      case NGHTTP2_DATA:
        if (frame->hd.length > frame->data.padlen) {
          self.flood_.on_data();
        } else if (!ends) {
          self.count_control();
        }
        break;
      case NGHTTP2_HEADERS: break;
      default: return 0;
    }
    RequestStream* about = stream(session, frame->hd.stream_id);
    if (about == nullptr) return 0;
    if (is_request(*frame)) {
      self.take_head(*about, ends);
      return 0;
    }
    if (frame->hd.type == NGHTTP2_HEADERS) about->on_trailers(self.trailers_);
    if (ends) about->on_request_end();
    return 0;
  }
  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* bytes, std::size_t size, void*) {
    if (RequestStream* about = stream(session, id)) {
      about->on_data(to_view(bytes, size));
    } else {
      nghttp2_session_consume_connection(session, size);
    }
    return 0;
  }
  static int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
    RequestStream* closed = stream(session, id);
    if (closed != nullptr) connection(user).close_stream(*closed);
    return 0;
  }
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    // What a client makes us reset costs as much as what it resets (CVE-2025-8671).
    connection(user).resets_.add(frame->hd.stream_id);
    connection(user).count_reset();
    return 0;
  }
  static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& self = connection(user);
    const std::uint8_t type = frame->hd.type;
    if (type == NGHTTP2_RST_STREAM) self.resets_.add(frame->hd.stream_id);
    if (type == NGHTTP2_DATA && frame->hd.length > 0) self.flood_.on_data();
    if (type != NGHTTP2_DATA && type != NGHTTP2_HEADERS) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    RequestStream* about = stream(session, frame->hd.stream_id);
    if (about == nullptr || about->on_end_sent()) return 0;
    // The whole answer came before the whole request: RFC 9113 8.1.
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
  }
  static int on_send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header,
                          std::size_t size, nghttp2_data_source* source, void* user) {
    Buffer& out = connection(user).out_;
    if (out.space_bytes() < frame_header_bytes + size) return NGHTTP2_ERR_WOULDBLOCK;
    auto& from = *static_cast<RequestStream*>(source->ptr);
    out.append(to_view(header, frame_header_bytes));
    out.append(from.next_part(size).bytes);
    from.on_sent(size);
    return 0;
  }

  static const nghttp2_session_callbacks* all() {
    static const nghttp2_session_callbacks* const made = [] {
      nghttp2_session_callbacks* set = nullptr;
      nghttp2_session_callbacks_new(&set);
      nghttp2_session_callbacks_set_on_begin_frame_callback(set, on_begin_frame);
      nghttp2_session_callbacks_set_on_begin_headers_callback(set, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(set, on_header);
      nghttp2_session_callbacks_set_on_invalid_header_callback(set, on_invalid_header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(set, on_frame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(set, on_data);
      nghttp2_session_callbacks_set_on_stream_close_callback(set, on_stream_close);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(set, on_invalid_frame);
      nghttp2_session_callbacks_set_on_frame_send_callback(set, on_frame_sent);
      nghttp2_session_callbacks_set_send_data_callback(set, on_send_data);
      return set;
    }();
    return made;
  }
  static const nghttp2_option* options() {
    static const nghttp2_option* const made = [] {
      nghttp2_option* set = nullptr;
      nghttp2_option_new(&set);
      nghttp2_option_set_no_auto_window_update(set, 1);
      // The library keeps closed streams for priorities, which are ignored.
      nghttp2_option_set_no_closed_streams(set, 1);
      nghttp2_option_set_max_outbound_ack(set, limits::h2_acks_max);
      nghttp2_option_set_max_settings(set, limits::h2_settings_max);
      nghttp2_option_set_max_continuations(set, limits::h2_continuations_max);
      // Behind our own count, which also knows of the resets that a client makes us send.
      nghttp2_option_set_stream_reset_rate_limit(
          set, static_cast<std::uint64_t>(limits::h2_resets_burst * 2),
          static_cast<std::uint64_t>(limits::h2_resets_per_second));
      return set;
    }();
    return made;
  }
};

ssize_t read_part(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& from = *static_cast<RequestStream*>(source->ptr);
  const RequestStream::Part part = from.next_part(size);
  if (part.bytes.empty() && !part.last) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (!part.last) return static_cast<ssize_t>(part.bytes.size());
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (from.send_trailers()) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  return static_cast<ssize_t>(part.bytes.size());
}

namespace {

FrameMemory& memory_of(void* user) { return *static_cast<FrameMemory*>(user); }

nghttp2_mem functions_of(FrameMemory& memory) {
  return {
      &memory, [](std::size_t size, void* user) { return memory_of(user).allocate(size); },
      [](void* what, void* user) { memory_of(user).free(what); },
      [](std::size_t count, std::size_t size, void*) { return std::calloc(count, size); },
      [](void* what, std::size_t size, void* user) { return memory_of(user).resize(what, size); }};
}

}  // namespace

nghttp2_session* make_session(Connection& connection, FrameMemory& memory) {
  nghttp2_session* session = nullptr;
  nghttp2_mem functions = functions_of(memory);
  if (nghttp2_session_server_new3(&session, Callbacks::all(), &connection, Callbacks::options(),
                                  &functions) != 0) {
    return nullptr;
  }
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits::h2_streams_max},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits::request_head_bytes_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                        limits::h2_connection_window);
  return session;
}

}  // namespace davit::router::h2
