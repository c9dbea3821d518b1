// Commands about conversations.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/commands/confirmation.h"
#include "client/cli/commands/execute.h"
#include "client/cli/render/format.h"
#include "client/cli/tables/conversations_text.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/percent.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

std::string path_of(std::string_view id) { return fmt::format("{}/{}", api::conversations, percent_encoded(id)); }

// Shows title and number of tasks: an id alone does not identify a conversation for a user.
Result<bool> confirm_conversation_deletion(Session& session, const std::string& id) {
  const CommandContext& context = session.context();
  if (const auto can = check_can_confirm(context); !can) return Failure(can.error());
  const Result<Json> found = session.api().call("GET", path_of(id) + "?limit=1", "title");
  if (!found) return Failure(found.error());
  return confirm(context, fmt::format("{}\nDelete this conversation with {} permanently?",
                                      terminal_fit(text_at(*found, "title"), context.columns),
                                      format_count(int_at(*found, "task_count"), "task")));
}

}  // namespace

int execute(Session& session, const ConversationsCommand& command) {
  std::string path = fmt::format("{}?limit={}", api::conversations, command.limit);
  if (!command.search.empty()) path += "&q=" + percent_encoded(command.search);
  const Result<Json> list = session.api().call("GET", path, "conversations");
  if (!list) return session.fail(list.error());
  return session.reply(*list, conversations_text(*list, session.context().columns, command.search));
}

int execute(Session& session, const ShowConversationCommand& command) {
  const Result<Json> found =
      session.api().call("GET", fmt::format("{}?limit={}", path_of(command.id), command.limit), "tasks");
  if (!found) return session.fail(found.error());
  return session.reply(*found, conversation_text(*found));
}

int execute(Session& session, const RenameConversationCommand& command) {
  const Json title = command.title.empty() ? Json(nullptr) : Json(command.title);
  const Result<Json> renamed =
      session.api().call("PATCH", path_of(command.id), "title", dump_json(Json{{"title", title}}));
  if (!renamed) return session.fail(renamed.error());
  return session.reply(*renamed, fmt::format("The title is now: {}\n", terminal_line(text_at(*renamed, "title"))));
}

int execute(Session& session, const DeleteConversationCommand& command) {
  if (!command.yes) {
    const Result<bool> confirmed = confirm_conversation_deletion(session, command.id);
    if (!confirmed) return session.fail(confirmed.error());
    if (!*confirmed) {
      session.note("Nothing was deleted.");
      return row_of(ErrorCode::cancelled).exit_code;
    }
  }
  const Result<Json> removed = session.api().call("DELETE", path_of(command.id), "deleted");
  if (!removed) return session.fail(removed.error());
  return session.reply(Json{{"conversation_id", command.id}, {"deleted", true}}, "Deleted.\n");
}

}  // namespace plenum::client
