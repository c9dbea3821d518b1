#include "client/cli/tables/short_ids.h"

#include <algorithm>
#include <cstddef>

namespace plenum::client {

std::vector<std::string> short_ids(const std::vector<std::string>& ids) {
  std::vector<std::string> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  std::size_t length = 8;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const std::string &one = sorted[i - 1], &next = sorted[i];
    if (one == next) continue;
    const auto differ = std::mismatch(one.begin(), one.end(), next.begin(), next.end()).first;
    length = std::max(length, static_cast<std::size_t>(differ - one.begin()) + 1);
  }
  std::vector<std::string> shortened;
  for (const std::string& id : ids) shortened.push_back(id.substr(0, length));
  return shortened;
}

}  // namespace plenum::client
