// Decodes responses and reads the recorded ones of tests/data/protocol.
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

using core::ProviderKind;

struct Decoded {
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

inline const ProviderProtocol& protocol_for(ProviderKind kind) {
  REQUIRE(protocol_of(kind) != nullptr);
  return *protocol_of(kind);
}

inline Decoded decode(ProviderKind kind, const std::vector<std::string_view>& pieces,
                      std::optional<Error> broken = std::nullopt) {
  Decoded decoded;
  const auto decoder = protocol_for(kind).decoder(1 << 20);
  for (const auto piece : pieces) decoder->feed(piece, decoded.deltas);
  decoded.end = decoder->finish(std::move(broken), decoded.deltas);
  return decoded;
}
inline Decoded decode(ProviderKind kind, std::string_view bytes) { return decode(kind, std::vector{bytes}); }

// A file of tests/data/protocol.
inline std::string recorded(const std::string& name) {
  std::ifstream file(PLENUM_TEST_DATA "/protocol/" + name, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace plenum::protocol
