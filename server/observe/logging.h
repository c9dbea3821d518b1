// Where log lines go: standard error, as text or as JSON lines. Never blocks whoever logs: when the
// reader of the log is too slow the oldest lines are dropped.
#pragma once

#include <string_view>

namespace plenum::observe {

// level: trace, debug, info, warning, error or off. Call it once, before threads are started.
void start_logging(std::string_view level, bool json);
// Writes what still waits. Call it once, at the end.
void stop_logging();

}  // namespace plenum::observe
