#include "server/task/conversation_views.h"

#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/task/json_parts.h"
#include "server/task/views.h"

namespace plenum::task {

namespace {

constexpr std::size_t default_title_characters_max = 80;

}  // namespace

std::string default_title(std::string_view task) {
  std::string title;
  each_word(task, [&](std::string_view word) {
    if (!title.empty()) title += ' ';
    title += first_characters(word, default_title_characters_max + 1);
    return code_points(title) <= default_title_characters_max;
  });
  if (code_points(title) <= default_title_characters_max) return title;
  return std::string(first_characters(title, default_title_characters_max - 1)) + "…";
}

Json conversation_view(const core::StoredConversation& conversation) {
  const bool renamed = !conversation.title.empty();
  return {{"conversation_id", conversation.id},
          {"title", renamed ? conversation.title : default_title(conversation.first_task)},
          {"renamed", renamed},
          {"task_count", conversation.tasks},
          {"turn_count", conversation.completed},
          {"created_at", rfc3339(conversation.created_at)},
          {"updated_at", rfc3339(conversation.updated_at)}};
}

Json conversation_task_view(const stream::ConversationEntry& task) {
  Json view = summary_view(task.listed, ListedText::whole);
  view["answer"] = task.answer.empty() ? Json(nullptr) : Json(task.answer);
  return view;
}

}  // namespace plenum::task
