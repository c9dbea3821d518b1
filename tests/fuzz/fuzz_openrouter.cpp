// A provider's answer in the protocol of openrouter.
#include "tests/fuzz/fuzz_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::tests::fuzz_wire(plenum::protocol::ProtocolKind::openrouter, data, size);
}
