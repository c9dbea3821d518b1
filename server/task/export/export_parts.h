// Sections of the exported document (export.h) that more than one file of it writes. Pure: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/protocol/task_result.h"
#include "server/stream/stream_state.h"

namespace plenum::task {

// Figures with where they come from: `$0.012300 (reported)`, `120 tokens (40 in, 80 out; reported)`, or `unknown`.
std::string cost_text(const Cost& cost);
std::string usage_text(const Usage& usage);
std::string time_text(std::int64_t ms);  // 3.2 s
// `message. Remedy (code)` on one line, escaped.
std::string error_text(const ErrorInfo& error);

// The context with `bytes` and `sha256` of each attachment instead of its data.
Json without_data(Json context);

// What was made of the chunks: rankings, votes, review, judgments, sources, synthesis, answer, files, receipts.
// Sections that the task does not have are omitted; a missing answer is stated.
std::string result_sections(const stream::StreamState& fold);

}  // namespace plenum::task
