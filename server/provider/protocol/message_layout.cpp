#include "server/provider/protocol/message_layout.h"

#include <utility>

namespace plenum::protocol {

using Role = core::ChatMessage::Role;

MessageLayout conversation_of(const core::ChatRequest& request) {
  MessageLayout conversation;
  for (const auto& message : request.messages) {
    if (message.content.empty()) continue;
    if (message.role != Role::system) {
      conversation.turns.push_back(message);
      continue;
    }
    if (!conversation.system.empty()) conversation.system += "\n\n";
    conversation.system += message.content;
  }
  if (conversation.turns.empty() && !conversation.system.empty()) {
    conversation.turns.push_back({Role::user, std::exchange(conversation.system, {})});
  }
  return conversation;
}

std::string_view role_name(Role role, std::string_view model_role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::assistant:
      return model_role;
    case Role::user:
      break;
  }
  return "user";
}

}  // namespace plenum::protocol
