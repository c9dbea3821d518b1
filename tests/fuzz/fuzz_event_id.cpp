// An accepted id is serialized unchanged, and is valid in a header without a CORS preflight.
#include <cstdint>

#include "common/base/ids.h"
#include "tests/fuzz/require.h"

using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto id = plenum::EventId::parse(text)) {
    require(id->str() == text);
    require(text.size() <= 32);
    require(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
  }
  if (const auto id = plenum::StreamId::parse(text)) require(plenum::StreamId::parse(id->str()) == id);
  return 0;
}
