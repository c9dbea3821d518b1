// The beginnings of ids that identify them within a list, as for commits in git. Pure: any thread.
#pragma once

#include <string>
#include <vector>

namespace plenum::client {

// The first characters of each id, at least 8 and the same number for all, such that no two different ids are equal.
std::vector<std::string> short_ids(const std::vector<std::string>& ids);

}  // namespace plenum::client
