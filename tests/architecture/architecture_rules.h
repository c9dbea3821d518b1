// The rules of the house that a compiler does not see: which way includes may point, where each
// third-party library has its door, and what no file may hold (docs/architecture.md, "Floors").
#pragma once

#include <map>
#include <string>
#include <vector>

namespace plenum::tests {

// Path from the root of the repository, with `/` -> text of the file.
using SourceTree = std::map<std::string, std::string>;

// One line for each thing that is wrong: `path:line: what, and what is allowed`. Pure.
std::vector<std::string> architecture_violations(const SourceTree& tree);

// The .h and .cpp files below common, server, client and tests of the repository at this path.
SourceTree read_source_tree(const std::string& root);

}  // namespace plenum::tests
