#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// The router's limits, each with its reason. "Contract" is the vendor's documented number, which
// clients and apps know.
namespace davit::router::limits {

using namespace std::chrono_literals;

// Heads. Contract: line and name limits. The whole head fits one block with room for what the
// router adds.
inline constexpr std::size_t request_line_bytes_max = 8192;
inline constexpr std::size_t header_line_bytes_max = 8192;
inline constexpr std::size_t header_name_bytes_max = 1000;
inline constexpr std::size_t header_count_max = 1000;
inline constexpr std::size_t method_bytes_max = 127;
inline constexpr std::size_t request_head_bytes_max = 32 * 1024;
// The contract allows a response's header line 512 kB; no client of ours accepts half of that, and
// one block holds this much.
inline constexpr std::size_t response_head_bytes_max = 60 * 1024;

// One block per direction and exchange: what the router holds of a body.
// It holds the headroom, the first window of an HTTP/2 stream (RFC 9113 6.9.2: 65,535 bytes, before
// the client knows another) and the chunk framing around it.
inline constexpr std::size_t block_bytes = 66 * 1024;
// Kept free in front of a head, so that the rewritten one can be put right before the body.
inline constexpr std::size_t block_headroom = 1024;
inline constexpr std::size_t free_blocks_max = 256;  // 16 MB

// Chunked coding: an extension or trailer section has no use that needs more.
inline constexpr std::size_t chunk_extension_bytes_max = 4096;
inline constexpr std::size_t trailer_bytes_max = 8192;

// Times. Those that an admin may choose are the defaults of TimeLimits.
inline constexpr auto head_timeout = 30s;        // from a head's first byte to its last: slow heads
inline constexpr auto keep_alive_timeout = 90s;  // a client's connection between requests
inline constexpr auto upstream_idle_timeout = 90s;  // contract
inline constexpr auto connect_timeout = 5s;         // contract: H19
inline constexpr auto first_byte_timeout = 30s;     // contract: H12
inline constexpr auto stream_idle_timeout = 55s;    // contract: H15, H28
inline constexpr auto parking_timeout = 75s;        // contract: H20, H99
inline constexpr auto quarantine = 5s;              // contract: a dyno that refused a connection
// A push may build for 15 minutes without a byte to say.
inline constexpr auto control_idle_timeout = 30min;
inline constexpr auto shutdown_timeout = 30s;  // as a dyno's own SIGTERM grace
inline constexpr auto shutdown_log_timeout = 2s;
// Between two routers of one machine, over Unix sockets; the old one may be busy.
inline constexpr auto handover_timeout = 5'000ms;
inline constexpr int handover_attempts = 5;
// A connection that is idle at a hand-over may bring one more request: one that is closed at the
// very moment at which its client uses it is a failed request.
inline constexpr auto handover_linger = 5s;
// TLS. A handshake is two round trips; slower clients are few, and each costs memory.
inline constexpr auto tls_handshake_timeout = 10s;
// How long a client may resume, and so how long a stolen ticket key is of use: each key seals for
// one rotation and opens for the others.
inline constexpr std::chrono::seconds tls_session_lifetime = 12h;
inline constexpr auto ticket_rotation = 6h;
inline constexpr std::size_t ticket_keys_kept = 3;
// All of a set that davitd sends, in parts: of ten times as many apps as a server is made for.
inline constexpr std::size_t certificates_max = 100'000;

// HTTP/2. A stream holds one block of request body, one on its way to the dyno and one of response:
// 200 kB at most, and 2 kB when it only waits. A connection holds two more while it is busy.
inline constexpr std::uint32_t h2_streams_max = 100;  // what browsers expect to have
inline constexpr std::int32_t h2_stream_window = 65'535;
// Over all its streams; what slow dynos do not take holds no more than this.
inline constexpr std::int32_t h2_connection_window = 1024 * 1024;
inline constexpr std::size_t h2_continuations_max = 8;
inline constexpr std::size_t h2_settings_max = 32;  // entries of one frame
inline constexpr std::size_t h2_acks_max = 100;     // of SETTINGS and PING, queued for the client
// Queued frames of a client that does not read: then it is not read from either.
inline constexpr std::size_t h2_queued_frames_max = 300;
// A page that is left cancels all its requests at once, now and then (rapid reset: CVE-2023-44487).
inline constexpr double h2_resets_burst = 200;
inline constexpr double h2_resets_per_second = 20;
// Frames that ask for work and bring nothing.
inline constexpr double h2_controls_burst = 1000;
inline constexpr double h2_controls_per_second = 50;
inline constexpr double h2_controls_per_data = 2;  // a window may be opened for each, on two levels
// Between the word that no more requests are welcome and the end: one round trip of a slow client.
inline constexpr auto h2_goodbye = 1s;

// A refused client that still sends is read from, so that it gets to see the answer instead of a
// reset.
inline constexpr auto linger_timeout = 5s;
inline constexpr std::size_t linger_bytes_max = 16 * 1024 * 1024;

// Counts.
inline constexpr int connect_tries_max = 10;  // contract
// Contract: 200 requests in flight for each dyno of an app. Those beyond wait here, instead of
// being refused at once. Tunnels are not counted: who has a chat open is no backlog.
inline constexpr std::uint32_t requests_per_dyno = 200;
inline constexpr std::uint32_t requests_per_dyno_max = 10'000;  // what an app may set
inline constexpr std::size_t parked_per_app_max = 1000;         // over all threads; beyond: H11
// Who waits for a place looks again so often: a dyno that comes out of quarantine tells nobody.
inline constexpr auto queue_look = 1s;
inline constexpr std::size_t idle_upstreams_per_dyno_max = 256;
// Connections asked for at one dyno's door and not made yet; davit-dyno works on 256 at a time.
inline constexpr std::size_t door_requests_max = 1024;
inline constexpr int interim_responses_max = 20;  // 1xx in front of one response

// A browser that belongs to a full dyno waits so long for it before it starts anew with another.
inline constexpr auto affinity_wait = 2s;

// One thread's lines until the main thread takes them, which is 20 times a second.
inline constexpr std::size_t log_outbox_bytes_max = 2 * 1024 * 1024;
inline constexpr auto log_gather_delay = 50ms;

// What was served is told so often: a few times in each step of davitd's series (10 s).
inline constexpr auto metrics_interval = 2s;
// Kept for a davitd that is away; what is older would make a peak that never was.
inline constexpr auto metrics_kept = 60s;
// An app has 100 dynos; more names than this in one interval are counted together.
inline constexpr std::size_t metered_dynos_per_app = 200;
inline constexpr std::size_t metrics_apps_per_message = 500;

// One client (guard/client_key.hpp). A head comes in one piece but for the slowest lines; behind
// one address there may be a whole company of those.
inline constexpr std::uint32_t slow_heads_per_client = 100;
inline constexpr std::uint32_t per_client_max = 1'000'000;  // what an admin may set
inline constexpr std::uint32_t request_burst_seconds = 5;   // a page and all that it shows
inline constexpr std::size_t trusted_networks_max = 256;    // looked through for each connection
inline constexpr auto complaint_pause = 10s;  // between two lines about what an attack repeats

// The whole router (Capacity). What a connection that idles costs with HTTP/2 over TLS, and what a
// request may hold: a block of its body, one on its way to the dyno, one of the response.
inline constexpr std::size_t connection_bytes = 42 * 1024;
inline constexpr std::size_t request_bytes = 3 * block_bytes;
inline constexpr std::uint64_t own_descriptors = 64;
inline constexpr std::uint64_t own_descriptors_per_thread = 16;
inline constexpr std::uint64_t connections_min = 256;  // less is no server
inline constexpr std::uint64_t connections_max = 1'000'000;
inline constexpr std::uint64_t requests_min = 1000;
inline constexpr std::uint64_t requests_max = 50'000;
// Of what the requests may hold, so much goes to connections that have none: they were just used,
// or begin a head.
inline constexpr std::uint32_t idle_buffers_share = 4;
// While there is no descriptor, or all connections have requests: the next look.
inline constexpr auto accept_pause = 100ms;

// A connection is served by one thread from start to end; more threads than CPUs gain nothing.
inline constexpr int threads_max = 64;

inline constexpr auto table_file_pause = 1s;  // between two writings

// The access log kept for a davitd that is away: about 20,000 lines.
inline constexpr std::size_t log_spool_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t log_batch_lines_max = 500;
inline constexpr std::size_t log_path_bytes_max = 2048;

// Events queued for a davitd that does not read: then the connection is closed, and it asks again.
inline constexpr std::size_t control_queue_bytes_max = 16 * 1024 * 1024;

}  // namespace davit::router::limits
