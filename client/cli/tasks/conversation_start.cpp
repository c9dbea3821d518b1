#include "client/cli/tasks/conversation_start.h"

#include "common/base/ids.h"
#include "common/json/json_access.h"
#include "common/protocol/task_result.h"

namespace plenum::client {
namespace {

bool is_completed(const Json& task) { return text_at(task, "status") == name_of(TaskStatus::completed); }

}  // namespace

Result<std::string> continue_conversation(ApiClient& api, TaskSpec& spec) {
  constexpr int searched_tasks = 20;
  const Result<Json> list = api.list(searched_tasks, "");
  if (!list) return Failure(list.error());
  const Json& tasks = value_at(*list, "tasks");
  if (!tasks.is_array() || tasks.empty()) {
    return Failure(
        Error{ErrorCode::usage, "there is no conversation to continue", "Submit the first task without -c."});
  }
  const Result<Json> newest = api.status(text_at(tasks[0], "stream_id"));
  if (!newest) return Failure(newest.error());
  const std::string conversation = text_at(*newest, "conversation_id");
  if (!conversation.empty()) {
    spec.conversation_id = conversation;
    // A conversation that began here has the id of its first stream, which is not one of its tasks.
    if (StreamId::parse(conversation)) {
      const Result<Json> first = api.status(conversation);
      if (first && is_completed(*first)) spec.prior.stream_id = conversation;
    }
    return text_at(*newest, "task");
  }
  for (const Json& task : tasks) {
    if (!is_completed(task)) continue;
    spec.prior.stream_id = spec.conversation_id = text_at(task, "stream_id");
    return text_at(task, "task");
  }
  return Failure(Error{ErrorCode::usage, "the last tasks have no answer to continue from",
                       "Wait for the end of a running one: plenum wait last"});
}

}  // namespace plenum::client
