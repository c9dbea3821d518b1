// What callers see of conversations, as JSON (docs/protocol.md, "Conversations"). Pure: any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/json/json.h"
#include "server/stream/conversation_directory.h"

namespace plenum::task {

inline constexpr std::size_t title_characters_max = 200;

// The title of a conversation that was not renamed: the start of its first task, on one line, at most 80 characters.
std::string default_title(std::string_view task);

Json conversation_view(const core::StoredConversation& conversation);
// One task with its answer.
Json conversation_task_view(const stream::ConversationEntry& task);

}  // namespace plenum::task
