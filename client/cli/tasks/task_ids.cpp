#include "client/cli/tasks/task_ids.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>

#include "client/cli/args/task_id_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

Failure not_named(std::string message, std::string remedy) {
  return Failure(Error{ErrorCode::stream_not_found, std::move(message), std::move(remedy)});
}

// The field of a command that names a task; null for a command without one.
template <class Named>
std::string* name_in(Named& command) {
  if constexpr (std::is_same_v<Named, RunCommand>) {
    return &command.spec.prior.stream_id;
  } else if constexpr (requires { command.stream_id; }) {
    return &command.stream_id;
  } else {
    return nullptr;
  }
}

}  // namespace

Result<std::string> resolved_id(std::string_view text, const std::vector<std::string>& newest_ids) {
  const auto name = task_id_text(text);
  if (!name) return Failure(Error{ErrorCode::usage, check_task_id(std::string(text))});
  if (name->kind == TaskIdText::Kind::whole) return name->id;
  if (newest_ids.empty()) return not_named("there are no tasks yet", "Submit one with: plenum run \"…\"");
  if (name->kind == TaskIdText::Kind::position) {
    const auto at = static_cast<std::size_t>(name->position);
    if (at <= newest_ids.size()) return newest_ids[at - 1];
    return not_named(fmt::format("there are only {} tasks, so there is no {}", newest_ids.size(), text),
                     "List them with: plenum list");
  }
  std::vector<std::string> found;
  for (const std::string& id : newest_ids) {
    if (id.starts_with(name->id)) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return not_named(fmt::format("no id of the newest {} tasks begins with {}", newest_ids.size(), name->id),
                     "List them with: plenum list. An older task needs its whole id.");
  }
  return Failure(Error{ErrorCode::usage, fmt::format("several ids begin with {}: {}", name->id, fmt::join(found, ", ")),
                       "Type more characters of the one that you mean."});
}

Result<Command> with_whole_ids(ApiClient& api, Command command) {
  std::string* name = std::visit([](auto& one) { return name_in(one); }, command);
  if (name == nullptr || name->empty()) return command;
  const auto text = task_id_text(*name);
  std::vector<std::string> ids;
  if (text && text->kind != TaskIdText::Kind::whole) {
    const Result<Json> list = api.list(newest_tasks_max, "");
    if (!list) return Failure(list.error());
    ids = items_at(*list, "tasks", [](const Json& task) { return text_at(task, "stream_id"); });
  }
  Result<std::string> id = resolved_id(*name, ids);
  if (!id) return Failure(id.error());
  *name = *std::move(id);
  return command;
}

}  // namespace plenum::client
