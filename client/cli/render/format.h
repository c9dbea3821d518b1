// Formats figures for users. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol/task_result.h"

namespace plenum::client {

std::string format_duration(std::int64_t ms);                          // 0.4 s, 12.3 s, 2 min 5 s
std::string format_short_time(std::string time);                       // 11-21 06:37Z of 2026-11-21T06:37:30.123Z
std::string format_number(std::int64_t number);                        // 12,345
std::string format_count(std::int64_t number, std::string_view unit);  // 1 chunk, 2 chunks
std::string format_tokens(const Usage& usage);                         // 1,234 tokens, or "tokens unknown"
// $0.0123, always with four decimals; below them <$0.0001. "about $0.0100" when estimated, or "cost unknown".
std::string format_cost(const Cost& cost);

}  // namespace plenum::client
