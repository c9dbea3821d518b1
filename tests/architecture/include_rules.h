// Which includes are allowed: down the layers only, no cycle between files or folders, and each third-party
// library in one place (docs/architecture.md, "Layers").
#pragma once

#include <string>
#include <vector>

#include "tests/architecture/repository.h"

namespace plenum::tests {

// One line for each include that breaks a rule. Pure.
std::vector<std::string> include_violations(const SourceTree& tree);

}  // namespace plenum::tests
