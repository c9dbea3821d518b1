#include "server/http/handlers/standings_handler.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/http/message/query_params.h"
#include "server/task/standings.h"

namespace plenum::http {
namespace {

// A date, or a time in UTC.
std::optional<WallTime> time_from(std::string text) {
  if (text.size() == std::string_view("YYYY-MM-DD").size()) text += "T00:00:00.000Z";
  WallTime time{};
  if (!parse_rfc3339(text, time)) return std::nullopt;
  return time;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

HandlerResult get_standings(const HandlerContext& context, const Request& request, std::string_view) {
  const auto parameters = Query::parse(request.head.query, {"workflow", "tag", "since"});
  if (!parameters) return problem(parameters.error());
  core::ComparisonQuery query;
  query.workflow = parameters->find("workflow").value_or("");
  query.tag = parameters->find("tag").value_or("");
  if (const auto since = parameters->find("since")) {
    query.since = time_from(*since);
    if (!query.since) {
      return problem(Error{ErrorCode::bad_request, "The parameter `since` must be a date or a time in UTC.",
                           "Use a form such as 2026-11-21 or 2026-11-21T06:37:30Z."});
    }
  }
  constexpr std::size_t copies = 2;  // as stored, and what is computed from it
  query.bytes_max = std::min(query.bytes_max, context.memory->share_of(runtime::MemoryKind::requests) / (2 * copies));
  runtime::MemoryCharge memory(context.memory, runtime::MemoryKind::requests);
  if (!memory.resize(copies * query.bytes_max)) return problem(out_of_memory());
  const auto comparisons = context.tasks.streams().comparisons(query);
  if (!comparisons) return problem(comparisons.error());
  task::Standings standings;
  for (const std::string& comparison : *comparisons) standings.add(comparison);
  Json rows = Json::array();
  for (const task::Standing& standing : standings.sorted()) rows.push_back(to_json(standing));
  return json_response(200, Json{{"standings", std::move(rows)},
                                 {"tasks", comparisons->size()},
                                 {"tasks_max", query.limit},
                                 {"workflow", text_or_null(query.workflow)},
                                 {"tag", text_or_null(query.tag)},
                                 {"since", query.since ? Json(rfc3339(*query.since)) : Json(nullptr)},
                                 {"start_rating", task::start_rating},
                                 {"k", task::rating_factor}});
}

}  // namespace plenum::http
