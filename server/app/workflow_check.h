// `plenumd --check-workflow`: what is wrong with workflow files, without a server.
#pragma once

#include <string>
#include <vector>

namespace plenum::app {

// Reads each file, `-` being standard input, and writes to standard output `ok  name: …` or every fault as
// `FILE:line:column: what` with its remedy; as one JSON object with json. Returns the program's exit code:
// 0, or 2 when a file has a fault or cannot be read.
int check_workflows(const std::vector<std::string>& files, bool json);

}  // namespace plenum::app
