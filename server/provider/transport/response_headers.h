// The head of a provider's answer, line by line: the few fields that matter, within bounds. Pure.
// Sources: RFC 9110, 10.2.3 (Retry-After) and 5.6.7 (dates); retry-after-ms as OpenAI and Azure send it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace plenum::provider {

struct ResponseHead {
  int status = 0;
  std::string content_type;                              // lower case, without parameters
  std::string content_encoding;                          // lower case; empty: as it is
  std::optional<std::chrono::milliseconds> retry_after;  // at most a day
};

// Not thread-safe: one reader per answer.
class HeadReader {
 public:
  // `wall_now` is what a date in Retry-After is compared with.
  void take_line(std::string_view line, WallTime wall_now);

  // The final head, not that of an interim answer, has been read to its end.
  bool whole() const { return whole_; }
  const ResponseHead& head() const { return head_; }

 private:
  void take_field(std::string_view name, std::string_view value, WallTime wall_now);

  ResponseHead head_;
  bool whole_ = false;
};

}  // namespace plenum::provider
