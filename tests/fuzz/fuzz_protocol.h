// What must hold for the bytes of a provider in every protocol: they give the same deltas and the same end
// however they are cut, every delta is well-formed UTF-8 and not empty, an answer is either good or has an
// error, and nothing is cut short that is not whole. The first byte of the input chooses: odd, an answer in
// one JSON text; even, a stream and where it is cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "server/provider/protocol/protocol.h"
#include "tests/fuzz/require.h"

namespace plenum::tests {

struct DecodedResponse {
  std::vector<protocol::ProviderDelta> deltas;
  core::ChatEnd end;
};

inline void require_sound(const DecodedResponse& decoded) {
  require(decoded.end.ok == !decoded.end.error.has_value());
  require(!decoded.end.cost.usd || *decoded.end.cost.usd >= 0);
  for (const auto& delta : decoded.deltas) require(!delta.text.empty() && is_utf8(delta.text));
}

// `cuts` chooses where; 0 cuts nowhere. Recordings are replayed byte by byte in tests/unit/wire: here the
// pieces are of all sizes up to 64, because a fuzzer that feeds single bytes does little else.
inline DecodedResponse decode_in_pieces(const protocol::ProviderProtocol& protocol, std::string_view bytes,
                                        std::uint32_t cuts) {
  DecodedResponse decoded;
  const auto decoder = protocol.decoder(1 << 20);
  while (!bytes.empty()) {
    cuts = cuts * 1664525U + (cuts == 0 ? 0U : 1013904223U);  // Numerical Recipes' generator
    const auto piece = cuts == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (cuts >> 26));
    decoder->feed(bytes.substr(0, piece), decoded.deltas);
    bytes.remove_prefix(piece);
  }
  const bool failed = decoder->ended() && !decoder->complete();
  decoded.end = decoder->finish(std::nullopt, decoded.deltas);
  require(!failed || !decoded.end.ok);
  require(!decoded.end.cut_short || decoder->complete());
  require_sound(decoded);
  return decoded;
}

inline void require_same_end(const core::ChatEnd& a, const core::ChatEnd& b) {
  require(a.usage == b.usage && a.cost == b.cost);
  require(a.finish_reason == b.finish_reason && a.cut_short == b.cut_short);
  require(a.ok == b.ok);
  if (a.ok) return;
  require(a.error->code == b.error->code && a.error->message == b.error->message);
  require(a.error->retry_after == b.error->retry_after);
}

inline int fuzz_wire(protocol::ProtocolKind name, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto& protocol = protocol::protocol_of(name);
  if (data[0] % 2 == 1) {
    DecodedResponse whole;
    const auto decoder = protocol.decoder(1 << 20);
    decoder->feed_whole(bytes, whole.deltas);
    require(decoder->ended());
    whole.end = decoder->finish(std::nullopt, whole.deltas);
    require_sound(whole);
  } else {
    const auto uncut = decode_in_pieces(protocol, bytes, 0);
    const auto pieces = decode_in_pieces(protocol, bytes, 1U + data[0]);
    require(uncut.deltas == pieces.deltas);
    require_same_end(uncut.end, pieces.end);
  }
  return 0;
}

}  // namespace plenum::tests
