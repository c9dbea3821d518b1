#include "server/http/handlers/task_list_handler.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/http/message/query_params.h"
#include "server/stream/stored_stream.h"
#include "server/task/views.h"

namespace plenum::http {
namespace {

constexpr long tasks_listed_default = 20, tasks_listed_max = 100;

Result<std::optional<TaskStatus>> status_filter(const Query& query) {
  const auto name = query.find("status");
  if (!name) return std::nullopt;
  if (const auto status = task_status_named(*name)) return status;
  return Failure(Error{ErrorCode::bad_request,
                       fmt::format("The parameter `status` has the unknown value \"{}\".", *name),
                       "Use initializing, running, completed, error, cancelled or interrupted."});
}

Result<task::ListedText> listed_text(const Query& query) {
  const auto fields = query.find("fields");
  if (!fields || *fields == "summary") return task::ListedText::start;
  if (*fields == "full") return task::ListedText::whole;
  return Failure(Error{ErrorCode::bad_request, "The parameter `fields` must be summary or full.",
                       "Use `?fields=full` for the whole texts of the tasks."});
}

Result<core::TaskQuery> task_query(const Query& query, task::ListedText text) {
  const auto limit = query.number("limit", 1, tasks_listed_max, tasks_listed_default);
  if (!limit) return Failure(limit.error());
  const auto status = status_filter(query);
  if (!status) return Failure(status.error());
  core::TaskQuery found{static_cast<std::size_t>(*limit), {}, query.find("q").value_or(""), *status};
  found.reduce = text == task::ListedText::start ? &task::reduce_to_summary : &stream::reduce_info;
  if (const auto cursor = query.find("cursor")) {
    found.before = StreamId::parse(*cursor);
    if (!found.before) {
      return Failure(Error{ErrorCode::bad_request, "The parameter `cursor` must be a stream id.",
                           "Pass the `next_cursor` of the previous page."});
    }
  }
  return found;
}

}  // namespace

HandlerResult get_tasks(const HandlerContext& context, const Request& request, std::string_view) {
  const auto parameters = Query::parse(request.head.query, {"limit", "cursor", "q", "status", "fields"});
  if (!parameters) return problem(parameters.error());
  const auto text = listed_text(*parameters);
  if (!text) return problem(text.error());
  auto query = task_query(*parameters, *text);
  if (!query) return problem(query.error());
  const std::size_t limit = query->limit++;  // one row more than requested shows whether there is a next page
  const auto page = context.tasks.streams().list(*query);
  if (!page) return problem(page.error());
  Json rows = Json::array();
  std::size_t bytes = 0;
  for (const auto& listed : *page) {
    Json row = task::summary_view(listed, *text);
    bytes += row["task"].get_ref<const std::string&>().size();
    if (rows.size() == limit || (!rows.empty() && bytes > query->bytes_max)) break;
    rows.push_back(std::move(row));
  }
  Json next = rows.size() < page->size() ? rows.back()["stream_id"] : Json(nullptr);
  return json_response(200, Json{{"tasks", std::move(rows)}, {"next_cursor", std::move(next)}});
}

}  // namespace plenum::http
