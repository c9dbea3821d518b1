// Text of the offline provider: a sample of the kind that the prompt requires. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "server/core/chat.h"

namespace plenum::provider {

// First line of every text; inside the fence of code and inside the object of a review, so that a program that parses
// those still can.
inline constexpr std::string_view offline_label = "[offline] No model was called: this is generated sample text.";

// An architecture, a code block, a review as JSON, documentation, a ranking, a vote, the JSON of a requested format or
// plain prose. The same for the
// same model and messages. A first review reports faults and a review of revised code reports none, so that a workflow
// that revises until the review accepts runs each of its steps once.
std::string offline_text(const core::ChatRequest& request);

}  // namespace plenum::provider
