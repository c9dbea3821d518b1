// Source: LLM Council, frontend/src/api.js (requests) and backend/main.py (shapes of the responses).
#include "server/http/council/council_conversations.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/json/json_access.h"
#include "server/http/council/council_history.h"
#include "server/http/handlers/conversation_handlers.h"
#include "server/http/message/query_params.h"
#include "server/task/conversation_views.h"

namespace plenum::http {
namespace {

constexpr std::size_t conversations_max = 100;
constexpr std::size_t members_max = 100;
constexpr const char* new_title = "New Conversation";

Json draft_row(const CouncilDraft& draft) {
  return Json{{"id", draft.id},
              {"created_at", rfc3339(draft.created_at)},
              {"title", draft.title.empty() ? new_title : draft.title}};
}

Json conversation_row(const core::StoredConversation& conversation) {
  const Json view = task::conversation_view(conversation);
  return Json{{"id", conversation.id}, {"created_at", view["created_at"]}, {"title", view["title"]}};
}

// That page puts an id into its URLs as it is.
bool fits_a_path(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos;
  });
}

Response no_conversation() {
  return problem(Error{ErrorCode::not_found, "Conversation not found", "Create a conversation first."});
}

std::string conversation_id_of(std::string_view segment) { return decode_path_id(segment).value_or(std::string()); }

}  // namespace

HandlerResult get_council_conversations(const HandlerContext& context, const Request&, std::string_view) {
  auto found = context.tasks.streams().conversations().list({conversations_max, {}, {}});
  if (!found) return problem(found.error());
  Json list = Json::array();
  for (const CouncilDraft& draft : context.council_drafts->all()) {
    const auto begun = [&](const auto& conversation) { return conversation.id == draft.id; };
    if (std::any_of(found->begin(), found->end(), begun)) continue;
    Json row = draft_row(draft);
    row["message_count"] = 0;
    list.push_back(std::move(row));
  }
  for (const core::StoredConversation& conversation : *found) {
    if (!fits_a_path(conversation.id)) continue;
    Json row = conversation_row(conversation);
    row["message_count"] = conversation.tasks + conversation.completed;
    list.push_back(std::move(row));
  }
  return json_response(200, list);
}

HandlerResult post_council_conversation(const HandlerContext& context, const Request& request, std::string_view) {
  const auto body = request.body.empty() ? Result<Json>(Json::object()) : parse_json(request.body);
  if (!body) return problem(Error{ErrorCode::bad_request, "The body is not JSON. " + body.error().message});
  CouncilDraft draft;
  draft.id = StreamId::random().str();
  draft.created_at = context.clock.wall();
  draft.members = texts_at(*body, "council_models");
  draft.chairman = text_at(*body, "chairman_model");
  if (draft.members.size() > members_max) {
    return problem(Error{ErrorCode::validation_failed, "Too many models: at most 100 are possible."});
  }
  Json row = draft_row(draft);
  row["messages"] = Json::array();
  context.council_drafts->add(std::move(draft));
  return json_response(200, row);
}

HandlerResult get_council_conversation(const HandlerContext& context, const Request&, std::string_view segment) {
  const std::string id = conversation_id_of(segment);
  const auto found = context.tasks.streams().conversations().find(id);
  if (!found && found.error().code != ErrorCode::not_found) return problem(found.error());
  if (!found) {
    const auto draft = context.council_drafts->find(id);
    if (!draft) return no_conversation();
    Json row = draft_row(*draft);
    row["messages"] = Json::array();
    return json_response(200, row);
  }
  runtime::MemoryCharge memory(context.memory, runtime::MemoryKind::requests);
  auto messages = council_messages(context, id, memory);
  if (!messages) return problem(messages.error());
  Json row = conversation_row(*found);
  row["messages"] = *std::move(messages);
  return json_response(200, row);
}

HandlerResult patch_council_conversation(const HandlerContext& context, const Request& request,
                                         std::string_view segment) {
  const auto body = parse_json(request.body);
  const std::string id = conversation_id_of(segment), title = body ? text_at(*body, "title") : std::string();
  const bool renamed_draft = !title.empty() && context.council_drafts->rename(id, title);
  HandlerResult renamed = patch_conversation(context, request, segment);
  const auto& response = std::get<Response>(renamed);
  const bool is_draft = renamed_draft && response.status() == 404;
  if (response.status() != 200 && !is_draft) return renamed;
  return json_response(200, Json{{"status", "ok"}, {"id", id}, {"title", title}});
}

HandlerResult delete_council_conversation(const HandlerContext& context, const Request& request,
                                          std::string_view segment) {
  const bool was_draft = context.council_drafts->remove(conversation_id_of(segment));
  HandlerResult removed = delete_conversation(context, request, segment);
  const int status = std::get<Response>(removed).status();
  if (status != 204 && !(was_draft && status == 404)) return removed;
  return json_response(200, Json{{"status", "ok"}});
}

HandlerResult get_council_pending(const HandlerContext& context, const Request&, std::string_view segment) {
  const std::string id = conversation_id_of(segment);
  const auto stream = newest_task(context, id);
  if (stream == nullptr && !context.council_drafts->find(id)) return no_conversation();
  if (stream == nullptr || stream->finished()) return json_response(200, Json{{"pending", false}});
  stream->touch();
  const std::string started_at = rfc3339(stream->info().created_at);
  const std::string updated_at =
      stream->with_state([](const stream::StreamState& state) { return rfc3339(state.updated_at); });
  return json_response(200, Json{{"pending", true},
                                 {"stale", false},
                                 {"has_error", false},
                                 {"mode", "council"},
                                 {"started_at", started_at},
                                 {"last_update", updated_at},
                                 {"partial_data", Json::object()},
                                 {"user_content", stream->info().spec.task}});
}

HandlerResult delete_council_pending(const HandlerContext&, const Request&, std::string_view) {
  return json_response(200, Json{{"status", "ok"}, {"user_message_removed", false}});
}

}  // namespace plenum::http
