// How large a folder may grow, and over how many source files a class may be spread.
#pragma once

#include <string>
#include <vector>

#include "tests/architecture/repository.h"

namespace plenum::tests {

// A folder holds one subject: more files than this are two subjects.
inline constexpr std::size_t folder_files_max = 25;
// A class whose methods are in more source files than this has several responsibilities.
inline constexpr std::size_t class_sources_max = 2;

// One line for each folder and class beyond these bounds. Pure.
std::vector<std::string> size_violations(const SourceTree& tree);

}  // namespace plenum::tests
