// A provider's answer in the dialect of anthropic.
#include "tests/fuzz/fuzz_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::tests::fuzz_wire(plenum::wire::DialectName::anthropic, data, size);
}
