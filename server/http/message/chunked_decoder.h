// Decodes the transfer coding `chunked` of a request body, however its bytes are split. Strict: what two decoders could
// read differently is rejected (bare LF, blanks, a sign, `0x`, a missing line end), because a proxy in front could have
// found another end of the request. Extensions and trailers are checked, bounded and dropped.
// Source: RFC 9112, 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/message/request_head.h"

namespace plenum::http {

// In bytes.
struct ChunkedLimits {
  std::size_t body_bytes_max = 0;              // of all data together
  std::size_t extension_bytes_max = 8 * 1024;  // of all chunk extensions together
  std::size_t trailer_bytes_max = 8 * 1024;    // of all trailer lines together
};

struct DecodedBytes {
  std::size_t consumed = 0;  // all of the input, unless the body is complete
  bool complete = false;
};

// Not thread-safe: one decoder per body. It holds no data.
class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const ChunkedLimits& limits) : limits_(limits) {}

  // Decodes bytes that follow those of earlier calls, and appends the data to `body`.
  // Fails with bad_request for a malformed coding, and with payload_too_large as soon as a chunk size exceeds the rest
  // of the limit. The decoder must then be discarded.
  std::variant<DecodedBytes, RejectedRequest> decode(std::string_view bytes, std::string& body);

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_end,
    last_lf,
    complete,
  };

  // The byte at a position outside of data. Null if it is accepted, else what is wrong.
  const char* accept(char c);
  const char* accept_size(char c);
  const char* accept_extension(char c);
  const char* accept_trailer(char c);
  const char* line_feed(char c, State next);

  const ChunkedLimits limits_;
  State state_ = State::size_start;
  std::uint8_t digits_ = 0;     // of the current size
  std::uint64_t left_ = 0;      // the current size; in its data: the bytes that are missing
  std::uint64_t received_ = 0;  // data so far
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace plenum::http
