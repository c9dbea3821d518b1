// What came out of a decoder, and the recorded answers of tests/data/protocol.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/provider/protocol/protocol.h"

namespace plenum::protocol {

struct Heard {
  std::vector<ProviderDelta> deltas;
  core::ChatEnd end;

  std::string text(TokenKind kind = TokenKind::text) const {
    std::string joined;
    for (const auto& delta : deltas) {
      if (delta.kind == kind) joined += delta.text;
    }
    return joined;
  }
  ErrorCode error() const {
    REQUIRE(end.error.has_value());
    CHECK_FALSE(end.ok);
    return end.error->code;
  }
};

inline Heard hear(ProtocolKind name, const std::vector<std::string_view>& pieces,
                  std::optional<Error> broken = std::nullopt) {
  Heard heard;
  const auto decoder = protocol_of(name).decoder(1 << 20);
  for (const auto piece : pieces) decoder->feed(piece, heard.deltas);
  heard.end = decoder->finish(std::move(broken), heard.deltas);
  return heard;
}
inline Heard hear(ProtocolKind name, std::string_view bytes) { return hear(name, std::vector{bytes}); }

inline Heard hear_whole(ProtocolKind name, std::string_view json) {
  Heard heard;
  const auto decoder = protocol_of(name).decoder(1 << 20);
  decoder->feed_whole(json, heard.deltas);
  heard.end = decoder->finish(std::nullopt, heard.deltas);
  return heard;
}

// A file of tests/data/protocol.
inline std::string recorded(const std::string& name) {
  std::ifstream file(PLENUM_TEST_DATA "/wire/" + name, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace plenum::protocol
