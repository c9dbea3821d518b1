// Rendered Markdown does not depend on how its text was divided, contains no control character, and fits the width.
#include <cstdint>
#include <string>

#include "client/cli/markdown/markdown_stream.h"
#include "tests/fuzz/require.h"

using namespace plenum::client;
using plenum::tests::require;

// The first byte is the width, the second the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t columns = 2 + data[0] % 120, piece = 1 + data[1];
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::vector<StyledLine> whole = markdown_lines(text, columns);

  MarkdownStream stream(columns);
  std::vector<StyledLine> lines;
  while (!text.empty()) {
    stream.feed(text.substr(0, piece), lines);
    require(stream.tail(5).size() <= 5);
    text.remove_prefix(std::min(piece, text.size()));
  }
  stream.finish(lines);
  require(lines == whole);
  for (const StyledLine& line : whole) {
    require(width_of(line) <= columns);
    for (const char byte : plain_text(line)) require(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
  }
  return 0;
}
