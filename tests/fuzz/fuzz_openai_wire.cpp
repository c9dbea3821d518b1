// A provider's bytes give the same deltas and the same end however they are cut, every delta is well-formed
// UTF-8 and not empty, and an answer is either good or has an error. The first byte chooses the cut.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/utf8.h"
#include "server/wire/openai_wire.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using namespace plenum::wire;
using tests::require;

namespace {

struct Heard {
  std::vector<WireDelta> deltas;
  core::ChatEnd end;
};

Heard heard_in_pieces(std::string_view bytes, std::size_t piece) {
  Heard heard;
  OpenAiDecoder decoder;
  for (std::size_t at = 0; at < bytes.size(); at += piece) decoder.feed(bytes.substr(at, piece), heard.deltas);
  heard.end = decoder.finish(std::nullopt, heard.deltas);
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Heard whole = heard_in_pieces(bytes, bytes.size() + 1);
  const Heard pieces = heard_in_pieces(bytes, data[0] % 16 + 1);
  require(whole.deltas == pieces.deltas);
  require(whole.end.ok == pieces.end.ok && whole.end.ok == !whole.end.error.has_value());
  require(whole.end.usage == pieces.end.usage && whole.end.finish_reason == pieces.end.finish_reason);
  for (const auto& delta : whole.deltas) require(!delta.text.empty() && is_utf8(delta.text));

  std::vector<WireDelta> deltas;
  OpenAiDecoder at_once;
  at_once.feed_whole(bytes, deltas);
  const auto end = at_once.finish(std::nullopt, deltas);
  require(end.ok == !end.error.has_value());
  return 0;
}
