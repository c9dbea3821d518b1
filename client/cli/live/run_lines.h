// The lines of the live view that stay in the scrollback: the question, a line per member, the end. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/live/run_row.h"
#include "client/cli/terminal/styled_text.h"
#include "common/protocol/event.h"

namespace plenum::client {

// The task, truncated after some lines.
std::vector<StyledLine> question_lines(std::string_view task, std::size_t columns);
// `✓ openai/gpt-4.1 · ranked · 2 chunks · 8.4 s · 201 output tokens · $0.0010`
std::vector<StyledLine> member_lines(const RunRow& row, std::size_t columns);
// The same of every row that is not listed yet; marks it as listed.
std::vector<StyledLine> summary_of(std::vector<RunRow>& rows, std::size_t columns);
// A line of chunk_lines.h with its colors, wrapped; continuation lines are indented.
std::vector<StyledLine> colored_lines(std::string_view line, std::size_t columns);

}  // namespace plenum::client
