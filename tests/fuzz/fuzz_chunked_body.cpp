// The decoder of chunked bodies: the result does not depend on how the bytes are split, limits hold, and what it
// accepts is what a second, simple decoder finds.
#include <cstdint>
#include <optional>
#include <string>

#include "server/http/message/chunked_decoder.h"
#include "tests/fuzz/require.h"

using namespace plenum::http;
using plenum::tests::require;

namespace {

constexpr ChunkedLimits limits{.body_bytes_max = 512, .extension_bytes_max = 64, .trailer_bytes_max = 64};

struct Decoded {
  int status = 0;  // 0: incomplete; 200: complete; otherwise the status of the rejection
  std::string body;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t piece) {
  ChunkedDecoder decoder(limits);
  Decoded result;
  while (result.consumed < bytes.size() && result.status == 0) {
    const auto decoded = decoder.decode(bytes.substr(result.consumed, piece), result.body);
    require(result.body.size() <= limits.body_bytes_max);
    if (const auto* rejected = std::get_if<RejectedRequest>(&decoded)) return {rejected->status, {}, 0};
    const auto& [consumed, complete] = std::get<DecodedBytes>(decoded);
    result.consumed += consumed;
    if (complete) result.status = 200;
  }
  return result;
}

// The data of a body that the decoder has accepted: it is well-formed, so lines and sizes suffice.
std::optional<std::string> reference(std::string_view bytes) {
  std::string body;
  for (;;) {
    const auto line = bytes.substr(0, bytes.find("\r\n"));
    const auto size = std::stoull(std::string(line.substr(0, line.find(';'))), nullptr, 16);
    bytes.remove_prefix(line.size() + 2);
    if (size == 0) break;
    body.append(bytes.substr(0, size));
    if (bytes.substr(size, 2) != "\r\n") return {};
    bytes.remove_prefix(size + 2);
  }
  const bool ended = bytes == "\r\n" || bytes.ends_with("\r\n\r\n");
  return ended ? std::optional(body) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = decode(bytes, bytes.size());
  require(whole == decode(bytes, 1) && whole == decode(bytes, 3));
  if (whole.status == 200) require(reference(bytes.substr(0, whole.consumed)) == whole.body);
  return 0;
}
