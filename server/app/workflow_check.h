// `plenumd --check-workflow`: validates workflow files without a server.
#pragma once

#include <string>
#include <vector>

namespace plenum::app {

// Validates each file, `-` being standard input, and prints `ok  name: …` or every error as `FILE:line:column: what`
// with its remedy; with json, as one JSON object. Returns the exit code: 0, or 2 if a file is invalid or unreadable.
int check_workflows(const std::vector<std::string>& files, bool json);

}  // namespace plenum::app
