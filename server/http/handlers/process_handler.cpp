#include "server/http/handlers/process_handler.h"

#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"
#include "server/http/handlers/find_stream.h"
#include "server/http/handlers/task_handlers.h"
#include "server/http/message/query_params.h"

namespace plenum::http {
namespace {

// In that system a task ends with its client's connection; a short interruption is tolerated here.
constexpr std::chrono::seconds process_abandoned_after{10};

Response plain(int status, std::string text) { return Response(status, "text/plain; charset=utf-8", std::move(text)); }

Response rejection(const task::RejectedTask& rejected) {
  std::string cause = rejected.error.message;
  for (const ValidationError& fault : rejected.faults) cause += "; " + fault.detail;
  return plain(row_of(rejected.error.code).http, std::move(cause));
}

// Absent if the body is not valid in that system, which ignores unknown fields.
std::optional<TaskSpec> spec_from(const std::string& body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return std::nullopt;
  // Through the parser of task requests, so that the same limits apply.
  Json task{{"task", value_at(*json, "message")}, {"message_id", value_at(*json, "message_id")}, {"workflow", "duo"}};
  if (const Json& id = value_at(*json, "conversation_id"); id.is_string()) task["conversation_id"] = id;
  auto parsed = parse_task_request(dump_json(task));
  if (!parsed.spec || parsed.spec->message_id.empty()) return std::nullopt;
  parsed.spec->on_abandon = OnAbandon::cancel;
  parsed.spec->abandon_after = process_abandoned_after;
  return std::move(parsed.spec);
}

}  // namespace

HandlerResult post_process(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return plain(400, query.error().message);
  auto spec = spec_from(request.body);
  if (!spec) return plain(400, "Invalid request body");
  const auto execute = [&](core::KeyedResponse response) -> tl::expected<core::KeyedResponse, Response> {
    auto prepared = context.tasks.prepare(std::move(*spec));
    if (!prepared) return tl::unexpected(rejection(prepared.error()));
    return start_task(context, std::move(prepared), std::move(response));
  };
  const auto executed = execute_once(context, request, api::process, request.body, execute);
  if (!executed) return executed.error();  // the router turns problem documents of this route into text
  const std::string id = executed->response.stream.str();
  auto stream = find_stream(context, id);
  if (!stream) return std::move(stream.error());
  StreamHandoff handoff{*std::move(stream), {}};
  handoff.headers = {{"Location", api::with_id(api::events, id)}};
  if (executed->replayed) handoff.headers.emplace_back("Idempotency-Replayed", "true");
  handoff.view.format = compat::CompatFormat::process;
  return handoff;
}

}  // namespace plenum::http
