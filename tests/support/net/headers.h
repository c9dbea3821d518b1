// Header fields in the order in which they are sent.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace plenum::tests {

using Headers = std::vector<std::pair<std::string, std::string>>;

}  // namespace plenum::tests
