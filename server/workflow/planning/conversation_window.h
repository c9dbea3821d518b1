// The earlier turns of a conversation as prompts show them, within a token budget. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"

namespace plenum::workflow {

struct ConversationWindow {
  std::vector<Turn> shown;  // oldest first
  int omitted = 0;          // older turns beyond the budget
  bool truncated = false;   // the newest turn alone exceeded the budget and was truncated
};

// The newest turns that fit. Older turns are omitted before a newer one is truncated.
//   turns  oldest first
ConversationWindow truncate_to_tokens(std::vector<Turn> turns, std::int64_t tokens);

// An estimate of four bytes per token, the mean of English text.
std::int64_t estimate_tokens(std::string_view text);

}  // namespace plenum::workflow
