// The header section of a provider's response, line by line: the few fields that are used, within limits. Pure.
// Sources: x-request-id as sent by OpenAI and most others, request-id by Anthropic; RFC 9110, 10.2.3 (Retry-After)
// and 5.6.7 (dates); retry-after-ms as sent by OpenAI and Azure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace plenum::provider {

struct ResponseHeaders {
  int status = 0;
  std::string content_type;                              // lower case, without parameters
  std::string content_encoding;                          // lower case; empty: none
  std::optional<std::chrono::milliseconds> retry_after;  // at most a day
  std::string request_id;  // of the provider: printable ASCII, at most 200 bytes; empty: none
};

// Not thread-safe: one parser per response.
class ResponseHeaderParser {
 public:
  // `wall_now` is compared with a date in Retry-After.
  void feed_line(std::string_view line, WallTime wall_now);

  // The final header section, not that of an interim response, is complete.
  bool complete() const { return complete_; }
  const ResponseHeaders& headers() const { return headers_; }

 private:
  void take_field(std::string_view name, std::string_view value, WallTime wall_now);

  ResponseHeaders headers_;
  bool complete_ = false;
};

}  // namespace plenum::provider
