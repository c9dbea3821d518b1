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

struct HeardAnswer {
  std::vector<protocol::ProviderDelta> deltas;
  core::ChatEnd end;
};

inline void require_sound(const HeardAnswer& heard) {
  require(heard.end.ok == !heard.end.error.has_value());
  require(!heard.end.cost.usd || *heard.end.cost.usd >= 0);
  for (const auto& delta : heard.deltas) require(!delta.text.empty() && is_utf8(delta.text));
}

// `cuts` chooses where; 0 cuts nowhere. Recordings are replayed byte by byte in tests/unit/wire: here the
// pieces are of all sizes up to 64, because a fuzzer that feeds single bytes does little else.
inline HeardAnswer heard_in_pieces(const protocol::ProviderProtocol& protocol, std::string_view bytes,
                                   std::uint32_t cuts) {
  HeardAnswer heard;
  const auto decoder = protocol.decoder(1 << 20);
  while (!bytes.empty()) {
    cuts = cuts * 1664525U + (cuts == 0 ? 0U : 1013904223U);  // Numerical Recipes' generator
    const auto piece = cuts == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (cuts >> 26));
    decoder->feed(bytes.substr(0, piece), heard.deltas);
    bytes.remove_prefix(piece);
  }
  const bool failed = decoder->ended() && !decoder->complete();
  heard.end = decoder->finish(std::nullopt, heard.deltas);
  require(!failed || !heard.end.ok);
  require(!heard.end.cut_short || decoder->complete());
  require_sound(heard);
  return heard;
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
    HeardAnswer whole;
    const auto decoder = protocol.decoder(1 << 20);
    decoder->feed_whole(bytes, whole.deltas);
    require(decoder->ended());
    whole.end = decoder->finish(std::nullopt, whole.deltas);
    require_sound(whole);
  } else {
    const auto uncut = heard_in_pieces(protocol, bytes, 0);
    const auto pieces = heard_in_pieces(protocol, bytes, 1U + data[0]);
    require(uncut.deltas == pieces.deltas);
    require_same_end(uncut.end, pieces.end);
  }
  return 0;
}

}  // namespace plenum::tests
