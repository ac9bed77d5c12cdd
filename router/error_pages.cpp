#include "router/error_pages.hpp"

#include <fmt/format.h>

#include "base/ensure.hpp"

namespace davit::router {
namespace {

constexpr std::string_view try_logs = "If you run this app, `davit logs` has the details.";
constexpr std::string_view try_again = "Please try again in a moment.";

struct Entry {
  HCode code;
  HInfo info;
};
constexpr Entry entries[] = {
    {HCode::none, {}},
    {HCode::h10, {"H10", "error", "App crashed", 503, "This app has crashed", try_logs}},
    {HCode::h11, {"H11", "error", "Backlog too deep", 503, "This app is overloaded", try_again}},
    {HCode::h12,
     {"H12", "error", "Request timeout", 503, "This app took too long to answer", try_logs}},
    {HCode::h13,
     {"H13", "error", "Connection closed without response", 503,
      "This app hung up without an answer", try_logs}},
    {HCode::h14,
     {"H14", "error", "No web dynos running", 503, "This app is not running",
      "If you run this app, `davit ps:scale web=1` starts it."}},
    {HCode::h15, {"H15", "error", "Idle connection", 503, "This app stopped sending", try_logs}},
    {HCode::h17,
     {"H17", "error", "Poorly formatted HTTP response", 503,
      "This app sent an answer that is not HTTP", try_logs}},
    {HCode::h18,
     {"H18", "error", "Server Request Interrupted", 503, "This app broke off its answer", try_logs,
      "backend"}},
    {HCode::h19,
     {"H19", "error", "Backend connection timeout", 503, "This app does not accept connections",
      try_logs}},
    {HCode::h20,
     {"H20", "error", "App boot timeout", 503, "This app did not start in time", try_logs}},
    {HCode::h21,
     {"H21", "error", "Backend connection refused", 503, "This app does not accept connections",
      try_logs}},
    {HCode::h25,
     {"H25", "error", "HTTP Restriction", 502, "This app sent an answer with too large headers",
      try_logs}},
    {HCode::h26,
     {"H26", "error", "Request Error", 400, "This request is malformed",
      "It breaks a rule of HTTP and was not passed on."}},
    {HCode::h27,
     {"H27", "warning", "Client Request Interrupted", 499, "Interrupted", "", "client"}},
    {HCode::h28, {"H28", "warning", "Client Connection Idle", 499, "Idle", ""}},
    {HCode::h29,
     {"H29", "error", "Too many requests", 429, "Too many requests from your address",
      "Please wait a moment before the next."}},
    {HCode::h31,
     {"H31", "error", "Misdirected Request", 421, "This request came over the wrong connection",
      "The connection's certificate is not for this address. Please try again."}},
    {HCode::h32,
     {"H32", "error", "TLS Host Mismatch", 495, "This request names another host than TLS did",
      "The Host header and the name asked for in the TLS handshake must agree."}},
    {HCode::h80,
     {"H80", "info", "Maintenance mode", 503, "This app is under maintenance",
      "It will be back soon."}},
    {HCode::h99,
     {"H99", "error", "Platform error", 503, "This app cannot be reached now", try_again}},
    {HCode::unknown_host,
     {"", "error", "No such app", 404, "There is no app at this address",
      "Check the spelling. If you just created it, push it with `git push davit main`."}},
    {HCode::control_down,
     {"", "error", "Control plane down", 503, "The control plane does not answer",
      "It may be restarting; apps run on. Please try again in a moment."}},
    {HCode::slow_head,
     {"", "error", "Slow request", 408, "This request did not arrive in time", try_again}},
};

std::string_view reason(int status) {
  switch (status) {
    case 301: return "Moved Permanently";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 495: return "SSL Certificate Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

std::string json_body(const HInfo& info, int status, std::string_view detail) {
  const std::string_view id =
      info.code.empty() ? (status == 404 ? "not_found" : "unavailable") : info.code;
  return fmt::format(R"({{"id":"{}","status":{},"message":"{}{}{}. {}"}})"
                     "\n",
                     id, status, info.title, detail.empty() ? "" : ": ", detail, info.advice);
}

std::string html_body(const HInfo& info, std::string_view detail) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>\n"
      "<style>body{{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34em;padding:0 "
      "1em;"
      "color:#223}}h1{{font-size:1.4em}}p{{color:#556}}</style></head>\n"
      "<body><h1>{0}</h1><p>{1}{2}{3}</p>{4}{5}{6}</body></html>\n",
      info.title, detail, detail.empty() ? "" : ". ", info.advice,
      info.code.empty() ? "" : "<p><small>", info.code, info.code.empty() ? "" : "</small></p>");
}

}  // namespace

const HInfo& describe(HCode code) {
  const Entry& entry = entries[static_cast<std::size_t>(code)];
  ensure(entry.code == code, "the table of H codes is in the order of the enumeration");
  return entry.info;
}

Page make_page(const Answer& answer) {
  const HInfo& info = describe(answer.code);
  Page page;
  page.status = answer.status != 0 ? answer.status : info.status;
  page.location = answer.location;
  page.retry_after = answer.retry_after;
  page.content_type = answer.style.json ? "application/json" : "text/html; charset=utf-8";
  if (!page.location.empty()) {
    page.content_type = "text/plain";
    page.body = "This app is served over HTTPS.\n";
  } else if (answer.style.json) {
    page.body = json_body(info, page.status, answer.detail);
  } else {
    page.body = answer.style.own_page.empty() ? html_body(info, answer.detail)
                                              : std::string(answer.style.own_page);
  }
  return page;
}

std::string to_http1(const Page& page, PageStyle style) {
  const bool moved = !page.location.empty();
  const std::string retry =
      page.retry_after > 0 ? fmt::format("Retry-After: {}\r\n", page.retry_after) : std::string();
  return fmt::format(
      "HTTP/1.1 {} {}\r\n{}{}{}{}Content-Type: {}\r\nContent-Length: {}\r\n{}"
      "Server: davit\r\nConnection: {}\r\n\r\n{}",
      page.status, reason(page.status), moved ? "Location: " : "", page.location,
      moved ? "\r\n" : "", retry, page.content_type, page.body.size(),
      moved ? "" : "Cache-Control: no-store\r\n", style.close ? "close" : "keep-alive",
      style.head_only ? std::string_view() : std::string_view(page.body));
}

}  // namespace davit::router
