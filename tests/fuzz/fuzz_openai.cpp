// A provider's answer in the protocol of openai.
#include "tests/fuzz/fuzz_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::tests::fuzz_wire(plenum::protocol::ProtocolKind::openai, data, size);
}
