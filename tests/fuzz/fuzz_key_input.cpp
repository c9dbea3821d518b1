// Keys do not depend on how their bytes were divided, and no key moves the state out of its bounds.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "client/cli/full/full_state.h"
#include "client/cli/full/key_decoder.h"
#include "tests/fuzz/require.h"

using namespace plenum::client;
using plenum::tests::require;

// The first byte is the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = 1 + data[0] % 16;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  KeyDecoder whole_decoder, decoder;
  std::vector<Key> whole, keys;
  whole_decoder.feed(bytes, whole);
  whole_decoder.flush(whole);
  while (!bytes.empty()) {
    decoder.feed(bytes.substr(0, piece), keys);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  decoder.flush(keys);
  require(keys == whole && !decoder.pending());

  FullState state;
  FullScreenFacts facts;
  facts.subjects = 3;
  facts.lines = 50;
  facts.page = 7;
  facts.find = [](std::string_view text, std::size_t from, bool) { return std::optional(from + text.size()); };
  for (const Key& key : keys) {
    apply_key(state, key, facts);
    require(state.selected < facts.subjects && visible_top(state, facts.lines, facts.page) <= 43);
    require(state.input.size() <= 200);
  }
  return 0;
}
