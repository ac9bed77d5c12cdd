#include "server/logs/log_service.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/files.hpp"
#include "base/log.hpp"
#include "server/logs/app_log.hpp"
#include "server/logs/segment_writer.hpp"

namespace davit::logs {
namespace {

namespace fs = std::filesystem;

// What goes to the log thread in one piece. The io thread leaves it alone until `finished`.
struct Batch {
  explicit Batch(const asio::any_io_executor& executor) : done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  std::vector<Entry> entries;
  std::vector<AppId> removed;
  SegmentWriter::Lost lost;
  bool finished = false;
  asio::steady_timer done;  // cancelled when finished
};

Task<> wait_for(std::shared_ptr<Batch> batch) {
  while (!batch->finished) {
    boost::system::error_code woken;
    co_await batch->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

// Shared with the jobs that are under way, so that one that comes back late finds it.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::any_io_executor executor, const LogConfig& config)
      : executor_(std::move(executor)),
        config_(config),
        writer_(config.directory, config.app_bytes_max),
        pool_(1) {}

  Result<> read_all();
  std::shared_ptr<Batch> append(std::vector<Line> lines);
  std::shared_ptr<Batch> remove(const AppId& app);
  const AppLog* find(const AppId& app) const;
  AppLog* find_or_make(const AppId& app);  // nullptr: it was removed
  const asio::any_io_executor& executor() const { return executor_; }
  void stop();

 private:
  std::shared_ptr<Batch> open_batch();
  void start_writing();
  void written(const std::shared_ptr<Batch>& batch);
  void publish(const Batch& batch);
  void tell_of_loss(const Entry& like, AppLog& app);

  asio::any_io_executor executor_;
  LogConfig config_;
  std::unordered_map<AppId, AppLog> apps_;
  // Lines of dynos that are still being stopped must not bring a destroyed app's folder back. Ids
  // are never reused; a hundred bytes for each app destroyed until the next start.
  std::unordered_set<AppId> removed_;
  std::shared_ptr<Batch> next_;  // being filled
  bool writing_ = false;
  bool stopped_ = false;
  SegmentWriter writer_;  // log thread only, once running
  asio::thread_pool pool_;
};

Result<> Core::read_all() {
  DAVIT_TRY(make_directories(config_.directory, 0700));
  std::error_code ec;
  for (fs::directory_iterator it(config_.directory, ec), end; !ec && it != end; it.increment(ec)) {
    const auto app = AppId::parse(it->path().filename().string());
    if (!app) continue;
    AppOnDisk on_disk = read_app(it->path(), config_.recent_lines_max);
    writer_.adopt(*app, on_disk);
    apps_.try_emplace(*app, config_.recent_lines_max, std::move(on_disk));
  }
  if (ec) return fail(Errc::io, "list '{}': {}", config_.directory, ec.message());
  return {};
}

const AppLog* Core::find(const AppId& app) const {
  const auto found = apps_.find(app);
  return found == apps_.end() ? nullptr : &found->second;
}

AppLog* Core::find_or_make(const AppId& app) {
  if (removed_.contains(app)) return nullptr;
  return &apps_.try_emplace(app, config_.recent_lines_max, AppOnDisk()).first->second;
}

std::shared_ptr<Batch> Core::open_batch() {
  if (!next_) next_ = std::make_shared<Batch>(executor_);
  return next_;
}

// Also when every line is a repetition: the first of its kind may still be on its way to disk.
std::shared_ptr<Batch> Core::append(std::vector<Line> lines) {
  auto batch = open_batch();
  for (const Line& line : lines) {
    AppLog* app = find_or_make(line.app);
    if (app == nullptr) continue;
    auto entries = app->accept(line);
    batch->entries.insert(batch->entries.end(), std::make_move_iterator(entries.begin()),
                          std::make_move_iterator(entries.end()));
  }
  start_writing();
  return batch;
}

std::shared_ptr<Batch> Core::remove(const AppId& app) {
  removed_.insert(app);
  if (const auto found = apps_.find(app); found != apps_.end()) {
    found->second.end_tails();
    apps_.erase(found);
  }
  auto batch = open_batch();
  batch->removed.push_back(app);
  start_writing();
  return batch;
}

// One batch at a time; what comes meanwhile makes the next one, so a slow disk makes batches
// larger, not more.
void Core::start_writing() {
  if (writing_ || stopped_ || !next_) return;
  writing_ = true;
  auto batch = std::move(next_);
  next_.reset();
  asio::post(pool_, [self = shared_from_this(), batch] {
    try {
      batch->lost = self->writer_.write(batch->entries);
      for (const AppId& app : batch->removed) self->writer_.remove(app);
    } catch (const std::exception& error) {
      log::error("log lines dropped", {{"lines", batch->entries.size()}, {"error", error.what()}});
    }
    asio::post(self->executor_, [self, batch] { self->written(batch); });
  });
}

void Core::written(const std::shared_ptr<Batch>& batch) {
  writing_ = false;
  publish(*batch);
  batch->finished = true;
  batch->done.cancel();
  start_writing();
}

void Core::publish(const Batch& batch) {
  for (const Entry& entry : batch.entries) {
    if (const auto app = apps_.find(entry.app); app != apps_.end()) app->second.publish(entry);
  }
  for (const auto& [id, lines] : batch.lost.lines) {
    if (const auto app = apps_.find(id); app != apps_.end()) app->second.lost_lines += lines;
  }
  for (const Entry& entry : batch.entries) {
    const auto app = apps_.find(entry.app);
    if (app == apps_.end() || app->second.lost_lines == 0) continue;
    if (batch.lost.lines.contains(entry.app)) continue;  // the disk still refuses
    tell_of_loss(entry, app->second);
  }
}

void Core::tell_of_loss(const Entry& like, AppLog& app) {
  const auto text = fmt::format(
      "{} messages could not be written to disk and will be missing after a restart of davitd",
      app.lost_lines);
  open_batch()->entries.push_back(app.notice(like.app, like.stored, text));
  app.lost_lines = 0;
}

void Core::stop() {
  for (auto& [id, app] : apps_) app.end_tails();
  pool_.join();
  stopped_ = true;
  if (!next_) return;
  // Nobody waits for these any more, but they were offered.
  writer_.write(next_->entries);
  for (const AppId& app : next_->removed) writer_.remove(app);
  next_.reset();
}

class Service final : public LogService {
 public:
  explicit Service(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~Service() override { core_->stop(); }

  Task<> append(std::vector<Line> lines) override {
    return wait_for(core_->append(std::move(lines)));
  }
  Task<> remove(const AppId& app) override { return wait_for(core_->remove(app)); }

  std::uint64_t stored_position(const AppId& app, const std::string& stream) const override {
    const AppLog* found = core_->find(app);
    return found == nullptr ? 0 : found->stored_position(record_name(stream));
  }

  std::vector<Stored> recent(const AppId& app, std::size_t lines_max,
                             const Filter& filter) const override {
    const AppLog* found = core_->find(app);
    return found == nullptr ? std::vector<Stored>() : found->recent(lines_max, filter);
  }

  std::unique_ptr<Tail> tail(const AppId& app, Filter filter, std::uint64_t after) override {
    AppLog* found = core_->find_or_make(app);
    if (found == nullptr) {
      auto ended = std::make_shared<TailChannel>(core_->executor(), std::move(filter));
      ended->end();
      return std::make_unique<ChannelTail>(std::move(ended));
    }
    return std::make_unique<ChannelTail>(found->tail(core_->executor(), std::move(filter), after));
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::unique_ptr<LogService>> make_log_service(asio::any_io_executor executor,
                                                     LogConfig config) {
  auto core = std::make_shared<Core>(std::move(executor), config);
  DAVIT_TRY(core->read_all());
  return std::unique_ptr<LogService>(std::make_unique<Service>(std::move(core)));
}

}  // namespace davit::logs
