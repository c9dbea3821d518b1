// Logging to standard error, as text or JSON lines. Never blocks the logging thread: if the reader of the log is too
// slow, the oldest lines are dropped, and their number is logged later (log::dropped_lines()).
#pragma once

#include <string_view>

#include "common/base/clock.h"
#include "server/redaction/scrubber.h"

namespace plenum::telemetry {

// level: trace, debug, info, warning, error or off. Call it once, before threads are started.
void start_logging(std::string_view level, bool json);
// From now on keys are redacted in every line, including queued ones. json as above. Any thread.
void scrub_log(bool json, const redaction::Scrubber& scrubber);
// Waits until the lines that are queued now are written, at most this long. Any thread.
void flush_logging(milliseconds limit);
// Writes the queued lines, as far as standard error takes them within this time; later lines are written only without
// waiting. Call it at the end. Any thread.
void finish_logging(milliseconds limit);

}  // namespace plenum::telemetry
