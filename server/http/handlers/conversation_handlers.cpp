// Conversations: list, read, rename, delete. Their ids are chosen by callers and percent-encoded in paths.
#include "server/http/handlers/conversation_handlers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/http/message/query_params.h"
#include "server/task/conversation_views.h"

namespace plenum::http {
namespace {

constexpr long page_default = 20, page_max = 100;

struct Page {
  std::size_t limit = 0;
  std::optional<StreamId> cursor;
};

Result<Page> page_of(const Query& query) {
  const auto limit = query.number("limit", 1, page_max, page_default);
  if (!limit) return Failure(limit.error());
  Page page{static_cast<std::size_t>(*limit), {}};
  if (const auto cursor = query.find("cursor")) {
    page.cursor = StreamId::parse(*cursor);
    if (!page.cursor) {
      return Failure(Error{ErrorCode::bad_request, "The parameter `cursor` is malformed.",
                           "Pass the `next_cursor` of the previous page."});
    }
  }
  return page;
}

tl::expected<std::string, Response> id_from(std::string_view segment) {
  auto id = decode_path_id(segment);
  if (!id) {
    return tl::unexpected(
        problem(Error{ErrorCode::bad_request, "The conversation id in the path is not percent-encoded UTF-8."}));
  }
  return *std::move(id);
}

Response invalid_title(std::string detail) {
  return problem(Error{ErrorCode::validation_failed, "The new title is not valid."},
                 {.faults = {{"/title", std::move(detail)}}});
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// The body of a rename: `{"title": "…"}`. Empty for null, which restores the default title.
tl::expected<std::string, Response> title_from(const std::string& body) {
  const auto json = parse_json(body, {.reject_duplicate_keys = true});
  if (!json)
    return tl::unexpected(problem(Error{ErrorCode::bad_request, "The body is not JSON. " + json.error().message}));
  if (!json->is_object() || json->size() != 1 || !json->contains("title")) {
    return tl::unexpected(invalid_title("the body must be an object with `title` only"));
  }
  const Json& value = (*json)["title"];
  if (value.is_null()) return std::string();
  if (!value.is_string()) return tl::unexpected(invalid_title("must be a string, or null for the default title"));
  std::string title(trimmed(value.get_ref<const std::string&>()));
  if (title.empty() || code_points(title) > task::title_characters_max || has_control_bytes(title)) {
    return tl::unexpected(invalid_title("must have 1 to 200 characters, on one line"));
  }
  return title;
}

Json task_list(const std::vector<stream::ConversationEntry>& tasks) {
  Json list = Json::array();
  for (const stream::ConversationEntry& task : tasks) {
    if (task.intact) list.push_back(task::conversation_task_view(task));
  }
  return list;
}

Json id_or_null(const std::vector<stream::ConversationEntry>& tasks) {
  if (tasks.empty()) return nullptr;
  const stream::TaskListEntry& last = tasks.back().listed;
  return (last.stream ? last.stream->id() : last.stored.id).str();
}

}  // namespace

HandlerResult get_conversations(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse(request.head.query, {"limit", "cursor", "q"});
  if (!query) return problem(query.error());
  const auto page = page_of(*query);
  if (!page) return problem(page.error());
  // One more than requested shows whether there is a next page.
  auto found =
      context.tasks.streams().conversations().list({page->limit + 1, page->cursor, query->find("q").value_or("")});
  if (!found) return problem(found.error());
  const bool more = found->size() > page->limit;
  if (more) found->pop_back();
  Json list = Json::array();
  for (const auto& conversation : *found) list.push_back(task::conversation_view(conversation));
  Json next = more ? Json(found->back().newest.str()) : Json(nullptr);
  return json_response(200, Json{{"conversations", std::move(list)}, {"next_cursor", std::move(next)}});
}

HandlerResult get_conversation(const HandlerContext& context, const Request& request, std::string_view tail) {
  const auto query = Query::parse(request.head.query, {"limit", "cursor"});
  if (!query) return problem(query.error());
  const auto page = page_of(*query);
  if (!page) return problem(page.error());
  const auto id = id_from(tail);
  if (!id) return id.error();
  const auto& conversations = context.tasks.streams().conversations();
  const auto found = conversations.find(*id);
  if (!found) return problem(found.error());
  const auto tasks = conversations.tasks({.conversation_id = *id, .limit = page->limit, .after = page->cursor});
  if (!tasks) return problem(tasks.error());
  Json view = task::conversation_view(*found);
  view["tasks"] = task_list(*tasks);
  const Json last = id_or_null(*tasks);
  const bool more = !tasks->empty() && last != found->newest.str();
  view["next_cursor"] = more ? last : Json(nullptr);
  return json_response(200, view);
}

HandlerResult patch_conversation(const HandlerContext& context, const Request& request, std::string_view tail) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto id = id_from(tail);
  if (!id) return id.error();
  auto title = title_from(request.body);
  if (!title) return title.error();
  context.scrubber.scrub_keys(*title);
  const auto& conversations = context.tasks.streams().conversations();
  if (const auto renamed = conversations.rename(*id, *title); !renamed) return problem(renamed.error());
  const auto found = conversations.find(*id);
  if (!found) return problem(found.error());
  return json_response(200, task::conversation_view(*found));
}

HandlerResult delete_conversation(const HandlerContext& context, const Request& request, std::string_view tail) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto id = id_from(tail);
  if (!id) return id.error();
  const auto removed = context.tasks.remove_conversation(*id);
  if (!removed) return problem(removed.error());
  for (const StreamId& stream : *removed) context.idempotency->forget(stream);
  return Response(204);
}

}  // namespace plenum::http
