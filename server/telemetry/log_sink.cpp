#include "server/telemetry/log_sink.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace plenum::telemetry {
namespace {

// While lines are dropped all the time, the queue never empties: the number is logged at least this often.
constexpr auto report_period = seconds(10);

}  // namespace

LogSink::LogSink(int fd, spdlog::details::thread_pool& queue, std::unique_ptr<spdlog::formatter> formatter)
    : queue_(queue), output_(fd), formatter_(std::move(formatter)) {}

void LogSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  MutexLock lock(formatting_);
  formatter_ = std::move(formatter);
}

void LogSink::log(const spdlog::details::log_msg& message) {
  if (write(message)) {
    report_dropped();
  } else {
    unwritten_.fetch_add(1);
  }
}

bool LogSink::write(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  {
    MutexLock lock(formatting_);
    formatter_->format(message, line);
  }
  return output_.write({line.data(), line.size()});
}

void LogSink::report_dropped() {
  const std::uint64_t now_dropped = dropped();
  const auto now = std::chrono::steady_clock::now();
  if (now_dropped == reported_ || (queue_.queue_size() > 0 && now - reported_at_ < report_period)) return;
  const std::string text =
      fmt::format("log: {} lines were dropped, because standard error was not read fast enough, or its disk was full",
                  now_dropped - reported_);
  if (!write({"plenum", spdlog::level::warn, text})) return;
  reported_ = now_dropped;
  reported_at_ = now;
}

void LogSink::flush() {
  {
    MutexLock lock(flushing_);
    ++flushes_;
  }
  flushed_.notify_all();
}

std::uint64_t LogSink::flushes() {
  MutexLock lock(flushing_);
  return flushes_;
}

bool LogSink::wait_for_flush(std::uint64_t before, milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  MutexLock lock(flushing_);
  while (flushes_ <= before) {
    if (!flushed_.wait_until(flushing_, end)) return flushes_ > before;
  }
  return true;
}

std::shared_ptr<LogSink> current_log_sink() {
  const auto logger = spdlog::default_logger();
  if (!logger || logger->sinks().empty()) return nullptr;
  return std::dynamic_pointer_cast<LogSink>(logger->sinks().front());
}

}  // namespace plenum::telemetry
