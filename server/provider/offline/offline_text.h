// What the offline provider says: sample text of the kind that the prompt asks for. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "server/core/chat.h"

namespace plenum::provider {

// Stands at the beginning of every text; inside the fence of code and inside the object of a review,
// so that a program that reads those is not disturbed.
inline constexpr std::string_view offline_label = "[offline] No model was asked: this is generated sample text.";

// An architecture, a code block, a review as JSON, documentation or plain prose. The same for the same
// model and messages. A first review finds faults and one of mended code finds none, so that a workflow
// that mends until the review is content shows each of its steps once.
std::string offline_text(const core::ChatRequest& request);

}  // namespace plenum::provider
