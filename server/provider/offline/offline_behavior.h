// Failures, delays and cut answers that the name of an offline model requests, such as
// `sample-a+fail:rate_limit+times:1+delay_ms:500`. Source: docs/providers.md, "Offline provider".
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/result.h"

namespace plenum::provider {

struct OfflineBehavior {
  std::string model;                  // the name without what follows the first `+`
  std::optional<ErrorCode> failure;   // ends the call, after `words` words
  std::optional<std::size_t> length;  // the answer ends after so many words, with the finish reason `length`
  std::optional<std::size_t> hang;    // nothing follows after so many words, not even an end
  bool empty = false;                 // the answer is complete and has no text
  std::size_t words = 0;              // of the text before `failure`
  int times = 0;                      // so many calls with the same prompt behave like this, then one does not; 0: all
  std::optional<std::chrono::milliseconds> retry_after;  // requested by the failure
  std::chrono::milliseconds delay{0};                    // before the first word
  std::optional<std::chrono::milliseconds> token_delay;  // mean, between two words; absent: that of the server
};

// Fails with invalid_request if the name has an unknown behavior or value.
Result<OfflineBehavior> offline_behavior(std::string_view model);

}  // namespace plenum::provider
