// A neutral request in the order in which Anthropic and Gemini want it: what the system says stands apart,
// and no turn may be empty. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/core/chat.h"

namespace plenum::protocol {

struct MessageLayout {
  std::string system;  // all system messages, an empty line between them; empty: none
  std::vector<core::ChatMessage> turns;
};

// A request that holds only system messages becomes one turn of the user: both vendors refuse a request
// without one.
MessageLayout conversation_of(const core::ChatRequest& request);

// The vendor's word for a role; only that of the model differs.
std::string_view role_name(core::ChatMessage::Role role, std::string_view model_role);

}  // namespace plenum::protocol
