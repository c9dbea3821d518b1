// llm-sse's one route: a message in, its stream in that system's words out. Clients written for it read
// plain texts as errors, so they get them here; everywhere else errors are problem documents.
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"
#include "server/http/handlers/handlers.h"
#include "server/http/message/query_params.h"

namespace plenum::http {
namespace {

// There the work ends with its reader; a short break of the line is forgiven here.
constexpr std::chrono::seconds abandoned_after{10};

Response plain(int status, std::string text) { return Response(status, "text/plain; charset=utf-8", std::move(text)); }

// Nothing when the body is not what that system takes; fields that it does not know it ignores.
std::optional<TaskSpec> spec_from(const std::string& body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return std::nullopt;
  // Through the reader of tasks, so that the same bounds hold.
  Json task{{"task", value_at(*json, "message")}, {"message_id", value_at(*json, "message_id")}, {"workflow", "duo"}};
  if (const Json& id = value_at(*json, "conversation_id"); id.is_string()) task["conversation_id"] = id;
  auto parsed = parse_task_request(dump_json(task));
  if (!parsed.spec || parsed.spec->message_id.empty()) return std::nullopt;
  parsed.spec->on_abandon = OnAbandon::cancel;
  parsed.spec->abandon_after = abandoned_after;
  return std::move(parsed.spec);
}

}  // namespace

HandlerResult post_process(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return plain(400, query.error().message);
  auto spec = spec_from(request.body);
  if (!spec) return plain(400, "Invalid request body");
  auto outcome = context.tasks.submit(std::move(*spec));
  if (const auto* refused = std::get_if<task::Refused>(&outcome)) {
    std::string why = refused->error.message;
    for (const ValidationError& fault : refused->faults) why += "; " + fault.detail;
    return plain(row_of(refused->error.code).http, std::move(why));
  }
  auto& accepted = std::get<task::Accepted>(outcome);
  const std::string id = accepted.stream->id().str();
  StreamHandoff handoff{std::move(accepted.stream), {}};
  handoff.headers = {{"Location", api::with_id(api::events, id)}};
  handoff.form.format = compat::CompatFormat::process;
  return handoff;
}

}  // namespace plenum::http
