// Formats figures for users. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/protocol/task_result.h"

namespace plenum::client {

std::string format_duration(std::int64_t ms);  // 0.4 s, 12.3 s, 2 min 5 s
// 11-21 07:37 of 2026-11-21T06:37:30.123Z, in the time zone of TZ; 2025-11-21 07:37 in another year than `now`.
std::string format_local_time(std::string_view rfc3339, WallTime now);
std::string format_number(std::int64_t number);                        // 12,345
std::string format_count(std::int64_t number, std::string_view unit);  // 1 chunk, 2 chunks
std::string format_tokens(const Usage& usage);                         // 1,234 tokens, or "tokens unknown"
// $0.0123, always with four decimals; below them <$0.0001. "about $0.0100" when estimated, or "cost unknown".
std::string format_cost(const Cost& cost);

}  // namespace plenum::client
