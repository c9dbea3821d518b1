// Two texts, separated by a null byte, may share an answer in both directions or in none; a text may with itself.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "server/workflow/planning/task_comparison.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view both(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(both.find('\0'), both.size());
  const std::string_view a = both.substr(0, end), b = both.substr(std::min(end + 1, both.size()));
  require(workflow::may_share_answer(a, b) == workflow::may_share_answer(b, a));
  require(workflow::may_share_answer(a, a));
  return 0;
}
