// The lines of the plain view for chunks and for the end of a run. Pure functions from events to one line of text
// without its newline. Text from the server is filtered (terminal_text.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/terminal/output.h"
#include "common/protocol/event.h"

namespace plenum::client {

// What a chunk took.
struct ChunkEffort {
  std::int64_t duration_ms = 0;  // over all attempts, with the waits between them
  int attempts = 1;
};

// `Architect`; the member or chunk for a workflow without agents.
std::string source_name(const EventSource& source);
// `Architect (openai/gpt-4.1)`: who a message is about.
std::string source_label(const EventSource& source);
// `▸ Architect · architecture · 1/5 · openai/gpt-4.1`; total_chunks 0: not known.
std::string heading_line(const EventSource& source, int total_chunks, const Style& style);
// `✓ Architect · openai/gpt-4.1 · 3.2 s · 2 attempts · 540 tokens · $0.0021`; a failed chunk with cause and remedy.
std::string finish_line(const EventSource& source, const ChunkCompleted& completed, const ChunkEffort& effort,
                        std::int64_t reasoning_hidden, const Style& style);
// `Plan: 5 chunks · about 40 s · about $0.0200`
std::string plan_line(const TaskProgress& progress, const Style& style);
// The result in an end event; empty for an unknown type of a newer server.
const TaskResult& result_of(const ReceivedEvent& terminal);
// One line for each source of a finished chunk, with the number under which its text cites it.
std::vector<std::string> source_lines(const ChunkCompleted& completed, const Style& style);
// The summary of a run: status, missing members, duration, usage and cost. chunks: number of finished ones.
std::vector<std::string> summary_lines(const ReceivedEvent& terminal, int chunks, const Style& style);
// `Degraded: reason. Reason.`, for one line; empty if the answer is not degraded.
std::string degraded_line(const ReceivedEvent& terminal, const Style& style);
// `Error: message. Remedy`
std::string error_line(const ErrorInfo& error, const Style& style);
// `message. Remedy`
std::string format_error(const ErrorInfo& error);

}  // namespace plenum::client
