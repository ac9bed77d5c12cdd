#pragma once
#include "server/api/context.hpp"

namespace davit::api {

// Counts one open stream of an app while it lives.
class StreamSlot {
 public:
  // Errors: limit_exceeded.
  static Result<std::unique_ptr<StreamSlot>> take(Context& context, AppId app) {
    std::size_t& of_app = context.open_streams[app];
    if (of_app >= limits::streams_per_app || context.open_streams_total >= limits::streams_max) {
      return fail(Errc::limit_exceeded,
                  "Too many streams of this app are open. Close some `davit logs --tail` or `davit "
                  "ps:exec`, or try again later.");
    }
    ++of_app;
    ++context.open_streams_total;
    return std::unique_ptr<StreamSlot>(new StreamSlot(context, std::move(app)));
  }
  ~StreamSlot() {
    --context_.open_streams_total;
    const auto found = context_.open_streams.find(app_);
    if (--found->second == 0) context_.open_streams.erase(found);
  }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

 private:
  StreamSlot(Context& context, AppId app) : context_(context), app_(std::move(app)) {}
  Context& context_;
  AppId app_;
};

}  // namespace davit::api
