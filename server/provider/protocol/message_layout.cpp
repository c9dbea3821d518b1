#include "server/provider/protocol/message_layout.h"

#include <utility>

namespace plenum::protocol {

using Role = core::ChatMessage::Role;

MessageLayout layout_of(const core::ChatRequest& request) {
  MessageLayout layout;
  for (const auto& message : request.messages) {
    if (message.content.empty()) continue;
    if (message.role != Role::system) {
      layout.turns.push_back(message);
      continue;
    }
    if (!layout.system.empty()) layout.system += "\n\n";
    layout.system += message.content;
  }
  if (layout.turns.empty() && !layout.system.empty()) {
    layout.turns.push_back({Role::user, std::exchange(layout.system, {})});
  }
  return layout;
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
