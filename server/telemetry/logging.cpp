#include "server/telemetry/logging.h"

#include <spdlog/async.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/json/json_writer.h"
#include "server/telemetry/line_text.h"
#include "server/telemetry/log_sink.h"

namespace plenum::telemetry {

namespace {

constexpr std::size_t queued_lines_max = 8192;

std::string message_text(const spdlog::details::log_msg& message, const redaction::Scrubber& scrubber) {
  std::string text(message.payload.data(), message.payload.size());
  scrubber.scrub_message(text);
  return displayable(text);
}

// spdlog's JSON patterns do not escape the message, so a quote in it would break the line.
class JsonLines final : public spdlog::formatter {
 public:
  explicit JsonLines(redaction::Scrubber scrubber) : scrubber_(std::move(scrubber)) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = "{";
    const auto level = spdlog::level::to_string_view(message.level);
    JsonFields(line)
        .text("ts", rfc3339(std::chrono::time_point_cast<milliseconds>(message.time)))
        .text("level", {level.data(), level.size()})
        .number("thread", static_cast<std::int64_t>(message.thread_id))
        .text("message", message_text(message, scrubber_));
    line += "}\n";
    out.append(line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLines>(scrubber_); }

 private:
  const redaction::Scrubber scrubber_;
};

// One line per message, whatever it contains: external text must not be able to forge a line.
class TextLines final : public spdlog::formatter {
 public:
  explicit TextLines(redaction::Scrubber scrubber) : scrubber_(std::move(scrubber)) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(message.level);
    std::string line = rfc3339(std::chrono::time_point_cast<milliseconds>(message.time));
    line.append(" ").append(level.data(), level.size()).append(" ");
    for (const char byte : message_text(message, scrubber_)) {
      line += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f ? ' ' : byte;
    }
    line += '\n';
    out.append(line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextLines>(scrubber_); }

 private:
  const redaction::Scrubber scrubber_;
};

std::unique_ptr<spdlog::formatter> lines(bool json, const redaction::Scrubber& scrubber) {
  if (json) return std::make_unique<JsonLines>(scrubber);
  return std::make_unique<TextLines>(scrubber);
}

}  // namespace

void start_logging(std::string_view level, bool json) {
  spdlog::init_thread_pool(queued_lines_max, 1);
  auto sink = std::make_shared<LogSink>(STDERR_FILENO, *spdlog::thread_pool(), lines(json, redaction::Scrubber()));
  auto logger = std::make_shared<spdlog::async_logger>("plenum", std::move(sink), spdlog::thread_pool(),
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::from_str(std::string(level)));
  spdlog::set_default_logger(std::move(logger));
}

void scrub_log(bool json, const redaction::Scrubber& scrubber) {
  spdlog::default_logger()->set_formatter(lines(json, scrubber));
}

void flush_logging(milliseconds limit) {
  const auto sink = current_log_sink();
  if (!sink) return;
  const std::uint64_t before = sink->flushes();
  spdlog::default_logger()->flush();  // queued behind the lines
  sink->wait_for_flush(before, limit);
}

void finish_logging(milliseconds limit) {
  const auto sink = current_log_sink();
  if (!sink) return;
  const std::uint64_t before = sink->flushes();
  sink->end_within(limit);
  spdlog::default_logger()->flush();  // queued behind the lines
  sink->wait_for_flush(before, limit);
}

}  // namespace plenum::telemetry
