// The end of spdlog's queue: formats each line and writes it to standard error. Counts the lines that were dropped, and
// logs their number as soon as the reader has caught up.
#pragma once

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "server/telemetry/log_output.h"

namespace plenum::telemetry {

class LogSink final : public spdlog::sinks::sink {
 public:
  // fd: not owned. queue: the one whose thread calls log(); it must exist as long as lines are logged.
  LogSink(int fd, spdlog::details::thread_pool& queue, std::unique_ptr<spdlog::formatter> formatter);

  // --- thread of the queue ---
  void log(const spdlog::details::log_msg& message) override;
  void flush() override;

  // --- any thread; never waits for the reader, unlike the lock of spdlog's own sinks ---
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;
  void set_pattern(const std::string&) override {}  // lines have the format of the formatter only
  // Limits the writing of everything that is queued; the rest is dropped.
  void end_within(milliseconds limit) { output_.end_within(limit); }
  // Whether flush() was called within this time more often than `before`.
  bool wait_for_flush(std::uint64_t before, milliseconds limit);
  std::uint64_t flushes();
  // Lines that were not written: the oldest of a full queue, those of a full disk, and those after end_within().
  std::uint64_t dropped() const { return queue_.overrun_counter() + unwritten_.load(); }

 private:
  bool write(const spdlog::details::log_msg& message);
  void report_dropped();

  spdlog::details::thread_pool& queue_;  // set once
  LogOutput output_;
  Mutex formatting_;
  std::unique_ptr<spdlog::formatter> formatter_ GUARDED_BY(formatting_);
  std::atomic<std::uint64_t> unwritten_{0};  // any thread
  std::uint64_t reported_ = 0;               // thread of the queue only: dropped lines that were logged
  // Thread of the queue only.
  std::chrono::steady_clock::time_point reported_at_ = std::chrono::steady_clock::now();
  Mutex flushing_;
  ConditionVariable flushed_;
  std::uint64_t flushes_ GUARDED_BY(flushing_) = 0;
};

// The sink of the default logger; null before start_logging(). Any thread.
std::shared_ptr<LogSink> current_log_sink();

}  // namespace plenum::telemetry
