// The messages of a request in the layout of Anthropic and Gemini: the system prompt is separate, and no turn is empty.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/core/chat.h"

namespace plenum::protocol {

struct MessageLayout {
  std::string system;  // all system messages, separated by empty lines; empty: none
  std::vector<core::ChatMessage> turns;
};

// A request of system messages only becomes one user turn: both vendors reject a request without one.
MessageLayout layout_of(const core::ChatRequest& request);

// The vendor's name of a role; only the name of the model's role differs.
std::string_view role_name(core::ChatMessage::Role role, std::string_view model_role);

}  // namespace plenum::protocol
