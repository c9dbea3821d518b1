// The text files of a checkout, as the rules read them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::tests {

// Path from the root of the repository, with `/` -> text of the file.
using SourceTree = std::map<std::string, std::string>;

// The files of the repository at `root` that people write: sources, scripts, CMake lists, workflow files and
// Markdown. Recordings, golden files and fuzz corpora are data and are not read.
SourceTree read_source_tree(const std::string& root);

std::vector<std::string> lines_of(std::string_view text);

bool is_header(std::string_view path);
// A .h or .cpp file.
bool is_source(std::string_view path);
bool is_markdown(std::string_view path);

// The path without its last component; empty for a file at the top.
std::string folder_of(const std::string& path);

// `path:line: text`, the form of every violation.
std::string violation(const std::string& path, int line, const std::string& text);

}  // namespace plenum::tests
