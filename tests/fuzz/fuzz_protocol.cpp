// A response in the protocol of the provider kind PLENUM_FUZZ_KIND: it decodes to the same deltas and the same end
// however the bytes are fragmented, every delta is valid UTF-8 and not empty, an end is either ok or has an error,
// sources are few, different and addresses of the web, and only a complete answer is cut short. The first byte of the
// input selects the fragmentation.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/utf8.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/protocol/sources.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using plenum::tests::require;

namespace {

struct Decoded {
  std::vector<protocol::ProviderDelta> deltas;
  core::ChatEnd end;
};

void require_valid(const Decoded& decoded) {
  require(decoded.end.ok == !decoded.end.error.has_value());
  require(!decoded.end.cost.usd || *decoded.end.cost.usd >= 0);
  require(decoded.end.sources.size() <= answer_sources_max);
  for (const auto& source : decoded.end.sources) {
    require(protocol::is_web_address(source.url) && is_utf8(source.url) && is_utf8(source.title));
    require(source.title.find_first_of("\r\n\t") == std::string::npos);
    const auto same = [&source](const SourceRef& other) { return other.url == source.url; };
    require(std::count_if(decoded.end.sources.begin(), decoded.end.sources.end(), same) == 1);
  }
  for (const auto& delta : decoded.deltas) require(!delta.text.empty() && is_utf8(delta.text));
}

// `seed` selects the pieces; 0: one piece. Unit tests feed recordings byte by byte; here the pieces have up to 64
// bytes, because a fuzzer that feeds single bytes is slow.
Decoded decode(const protocol::ProviderProtocol& protocol, std::string_view bytes, std::uint32_t seed) {
  Decoded decoded;
  const auto decoder = protocol.decoder(1 << 20);
  while (!bytes.empty()) {
    seed = seed * 1664525U + (seed == 0 ? 0U : 1013904223U);  // Numerical Recipes' generator
    const auto piece = seed == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (seed >> 26));
    decoder->feed(bytes.substr(0, piece), decoded.deltas);
    bytes.remove_prefix(piece);
  }
  const bool failed = decoder->ended() && !decoder->complete();
  decoded.end = decoder->finish(std::nullopt, decoded.deltas);
  require(!failed || !decoded.end.ok);
  require(!decoded.end.cut_short || decoder->complete());
  require(!decoded.end.ok || (decoder->complete() && decoded.end.orderly));
  require(decoded.end.ok || !decoded.end.warning);
  require_valid(decoded);
  return decoded;
}

void require_same_end(const core::ChatEnd& a, const core::ChatEnd& b) {
  require(a.usage == b.usage && a.cost == b.cost);
  require(a.sources == b.sources);
  require(a.finish_reason == b.finish_reason && a.cut_short == b.cut_short);
  require(a.ok == b.ok);
  if (a.ok) return;
  require(a.error->code == b.error->code && a.error->message == b.error->message);
  require(a.error->retry_after == b.error->retry_after);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto& protocol = *protocol::protocol_of(core::ProviderKind::PLENUM_FUZZ_KIND);
  const auto unsplit = decode(protocol, bytes, 0);
  const auto split = decode(protocol, bytes, 1U + data[0]);
  require(unsplit.deltas == split.deltas);
  require_same_end(unsplit.end, split.end);
  return 0;
}
