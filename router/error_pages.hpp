#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace davit::router {

// The vendor's error codes of the router, as far as they can happen here, and two answers that have
// none.
enum class HCode : std::uint8_t {
  none,
  h10,
  h11,
  h12,
  h13,
  h14,
  h15,
  h17,
  h18,
  h19,
  h20,
  h21,
  h25,
  h26,
  h27,
  h28,
  h29,
  h31,
  h32,
  h80,
  h99,
  unknown_host,  // no app: 404, not in any app's log
  control_down,  // the control plane does not answer: 503
  slow_head,     // 408
};

struct HInfo {
  std::string_view code;      // "H12"; empty where the vendor has none
  std::string_view severity;  // info, warning, error
  std::string_view desc;      // the log's desc=
  int status = 503;
  std::string_view title;  // for people
  std::string_view advice;
  std::string_view
      sock{};  // the log's sock=: whose connection broke; empty where the vendor has none
};
const HInfo& describe(HCode code);

struct PageStyle {
  bool json = false;
  bool head_only = false;  // the answer to HEAD
  bool close = true;
  std::string_view own_page{};  // the app's own, for people; empty: ours
};
// What the router itself answers. `detail` is one phrase of ours, never a client's text.
struct Answer {
  HCode code = HCode::none;
  int status = 0;  // other than 0: replaces the code's own (400 or 417 for H26)
  const char* detail = "";
  PageStyle style{};
  std::string location{};        // of a redirection, which has no code
  std::int64_t retry_after = 0;  // seconds; 0: not said
};
struct Page {
  int status = 0;
  std::string_view content_type;
  std::string body;
  std::string location;
  std::int64_t retry_after = 0;
};
Page make_page(const Answer& answer);
std::string to_http1(const Page& page, PageStyle style);

}  // namespace davit::router
