// What must hold for the bytes of a provider in every dialect: they give the same deltas and the same end
// however they are cut, every delta is well-formed UTF-8 and not empty, an answer is either good or has an
// error, and nothing is cut short that is not whole. The first byte of the input chooses the cut.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/utf8.h"
#include "server/wire/dialect.h"
#include "tests/fuzz/require.h"

namespace plenum::tests {

struct HeardAnswer {
  std::vector<wire::WireDelta> deltas;
  core::ChatEnd end;
};

inline void require_sound(const HeardAnswer& heard) {
  require(heard.end.ok == !heard.end.error.has_value());
  require(!heard.end.cost.usd || *heard.end.cost.usd >= 0);
  for (const auto& delta : heard.deltas) require(!delta.text.empty() && is_utf8(delta.text));
}

inline HeardAnswer heard_in_pieces(const wire::Dialect& dialect, std::string_view bytes, std::size_t piece) {
  HeardAnswer heard;
  const auto decoder = dialect.decoder(1 << 20);
  for (std::size_t at = 0; at < bytes.size(); at += piece) decoder->feed(bytes.substr(at, piece), heard.deltas);
  const bool failed = decoder->ended() && !decoder->complete();
  heard.end = decoder->finish(std::nullopt, heard.deltas);
  require(!failed || !heard.end.ok);
  require_sound(heard);
  return heard;
}

inline int fuzz_wire(wire::DialectName name, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto& dialect = wire::dialect(name);
  const auto whole = heard_in_pieces(dialect, bytes, bytes.size() + 1);
  const auto pieces = heard_in_pieces(dialect, bytes, data[0] % 16 + 1);
  require(whole.deltas == pieces.deltas);
  require(whole.end.usage == pieces.end.usage && whole.end.cost == pieces.end.cost);
  require(whole.end.finish_reason == pieces.end.finish_reason && whole.end.cut_short == pieces.end.cut_short);
  require(whole.end.ok == pieces.end.ok);
  if (!whole.end.ok) {
    require(whole.end.error->code == pieces.end.error->code);
    require(whole.end.error->message == pieces.end.error->message);
    require(whole.end.error->retry_after == pieces.end.error->retry_after);
  }

  HeardAnswer at_once;
  const auto decoder = dialect.decoder(1 << 20);
  decoder->feed_whole(bytes, at_once.deltas);
  require(decoder->ended());
  at_once.end = decoder->finish(std::nullopt, at_once.deltas);
  require_sound(at_once);
  return 0;
}

}  // namespace plenum::tests
