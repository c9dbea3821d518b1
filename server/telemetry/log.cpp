#include "server/telemetry/log.h"

#include <spdlog/spdlog.h>

#include "server/telemetry/log_sink.h"

namespace plenum::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

bool enabled(Level level) { return spdlog::should_log(level_of(level)); }

void write(Level level, std::string_view line) {
  spdlog::default_logger_raw()->log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

std::uint64_t dropped_lines() {
  const auto sink = telemetry::current_log_sink();
  return sink ? sink->dropped() : 0;
}

}  // namespace plenum::log
