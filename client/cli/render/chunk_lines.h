// The lines that the plain view writes about chunks and about the end of a run. Pure: events in, one
// line of text out, without its newline. Everything that came from the server is made safe to show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/terminal/output.h"
#include "common/protocol/event.h"

namespace plenum::client {

// `Architect`, or what else tells chunks apart when a workflow has no agents.
std::string speaker(const EventSource& source);
// `▸ Architect · architecture · 1/5 · openai/gpt-4.1`; total 0: not known.
std::string heading_line(const EventSource& source, int total_chunks, const Style& style);
// `✓ Architect · 3.2 s · 540 tokens · $0.0021`; a failed one with its cause and remedy.
std::string finish_line(const EventSource& source, const ChunkCompleted& completed, std::int64_t reasoning_hidden,
                        const Style& style);
// `Plan: 5 chunks · about 40 s · about $0.0200`
std::string plan_line(const TaskProgress& progress, const Style& style);
// What the run came to; empty for an end that only a newer server knows.
const TaskResult& result_of(const ReceivedEvent& terminal);
// The last lines of a run: how it ended, what is missing from it, what it took. chunks: that finished.
std::vector<std::string> summary_lines(const ReceivedEvent& terminal, int chunks, const Style& style);
// `message. Remedy`
std::string error_words(const ErrorInfo& error);

}  // namespace plenum::client
