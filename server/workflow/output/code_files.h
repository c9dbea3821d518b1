// The files in an answer that writes code: its fenced blocks, with their paths. Pure; any thread.
// Source: CommonMark 0.30, 4.5 "Fenced code blocks".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_result.h"

namespace plenum::workflow {

struct CodeFile {
  ResultFile file;
  bool complete = true;  // its block was closed
};

// All fenced blocks in order. The path stands in the line before the block, in its info string, or in a comment on its
// first line; a block without one gets a name after its language. A block that holds blocks itself, such as a Markdown
// file, is one file if they are closed in turn. Paths are relative, without `..`, and differ from each other.
std::vector<CodeFile> parse_code_files(std::string_view answer);

// The files in Markdown: each with its path and a fence that its content cannot end. parse_code_files() reads it back.
std::string render_code_files(std::span<const ResultFile> files);

// The earlier files, with those of the same path replaced and the others of `later` behind them.
std::vector<ResultFile> merge_code_files(std::span<const ResultFile> earlier, std::span<const ResultFile> later);

}  // namespace plenum::workflow
