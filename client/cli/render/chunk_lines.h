// The lines of the plain view for chunks and for the end of a run. Pure functions from events to one line of text
// without its newline. Text from the server is filtered (terminal_text.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/terminal/output.h"
#include "common/protocol/event.h"

namespace plenum::client {

// `Architect`; the member or chunk for a workflow without agents.
std::string source_name(const EventSource& source);
// `▸ Architect · architecture · 1/5 · openai/gpt-4.1`; total_chunks 0: not known.
std::string heading_line(const EventSource& source, int total_chunks, const Style& style);
// `✓ Architect · 3.2 s · 540 tokens · $0.0021`; a failed chunk with cause and remedy.
std::string finish_line(const EventSource& source, const ChunkCompleted& completed, std::int64_t reasoning_hidden,
                        const Style& style);
// `Plan: 5 chunks · about 40 s · about $0.0200`
std::string plan_line(const TaskProgress& progress, const Style& style);
// The result in an end event; empty for an unknown type of a newer server.
const TaskResult& result_of(const ReceivedEvent& terminal);
// The summary of a run: status, missing members, duration, usage and cost. chunks: number of finished ones.
// One line for each source of a finished chunk, with the number under which its text cites it.
std::vector<std::string> source_lines(const ChunkCompleted& completed, const Style& style);
std::vector<std::string> summary_lines(const ReceivedEvent& terminal, int chunks, const Style& style);
// `message. Remedy`
std::string format_error(const ErrorInfo& error);

}  // namespace plenum::client
