// A response with an embedding is a vector of length 1 and a bounded number of finite values, or an error.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "server/provider/protocol/embeddings.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto vector = protocol::read_embedding({reinterpret_cast<const char*>(data), size});
  if (!vector) {
    require(!vector.error().message.empty());
    return 0;
  }
  require(!vector->empty() && vector->size() <= protocol::embedding_dimension_max);
  double sum = 0;
  for (const float value : *vector) sum += static_cast<double>(value) * static_cast<double>(value);
  require(std::isfinite(sum) && std::abs(sum - 1) < 1e-3);
  return 0;
}
