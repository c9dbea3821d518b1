// Source: LLM Council, frontend/src/api.js (sendMessageStream) and backend/main.py (SendMessageRequest).
#include "server/http/council/council_streams.h"

#include <nlohmann/json.hpp>

#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"
#include "server/http/council/council_history.h"
#include "server/http/handlers/find_stream.h"
#include "server/http/handlers/task_handlers.h"
#include "server/http/message/query_params.h"

namespace plenum::http {
namespace {

// That page stops a run by closing its connection. Its own limit for a silent stream is the same.
constexpr std::chrono::seconds council_abandoned_after{120};

HandlerResult stream_of(const HandlerContext& context, std::shared_ptr<stream::Stream> stream) {
  const std::string id = stream->id().str();
  StreamHandoff handoff{std::move(stream), {}};
  handoff.headers = {{"Location", api::with_id(api::events, id)}};
  handoff.view.format = context.default_format;
  return handoff;
}

// prepare: called once per key. The key belongs to the path, so to one conversation.
template <class F>
HandlerResult start_council(const HandlerContext& context, const Request& request, F&& prepare) {
  const auto execute = [&](core::KeyedResponse response) {
    return start_task(context, prepare(), std::move(response));
  };
  const auto executed = execute_once(context, request, request.head.path, request.body, execute);
  if (!executed) return executed.error();
  auto stream = find_stream(context, executed->response.stream.str());
  if (!stream) return std::move(stream.error());
  return stream_of(context, *std::move(stream));
}

// The models of the conversation: as created, or those of its newest task.
void add_models(const HandlerContext& context, const std::string& id, const stream::Stream* newest, Json& task) {
  const auto draft = context.council_drafts->find(id);
  std::vector<std::string> members = draft ? draft->members : std::vector<std::string>();
  std::string chairman = draft ? draft->chairman : std::string();
  if (!draft && newest != nullptr) {
    members = newest->info().spec.members;
    chairman = newest->info().spec.chairman;
  }
  if (!members.empty()) task["members"] = members;
  if (!chairman.empty()) task["chairman"] = chairman;
}

// The request of a task. Through the parser of task requests, so that the same limits apply.
Json task_from(const Json& body, const std::string& id) {
  Json task{{"task", value_at(body, "content")}, {"workflow", "council"}, {"conversation_id", id}};
  task["on_abandon"] = Json{{"policy", "cancel"}, {"after_s", council_abandoned_after.count()}};
  if (flag_at(body, "use_web_search")) task["options"] = Json{{"search", true}};
  const Json& prior = value_at(body, "prior_context");
  if (prior.is_object()) {
    task["prior"] = Json{{"question", value_at(prior, "original_question")}, {"answer", value_at(prior, "synthesis")}};
  }
  return task;
}

std::optional<Response> unsupported(const Json& body) {
  const Json& attachments = value_at(body, "attachments");
  if (attachments.is_array() && !attachments.empty()) {
    return problem(Error{ErrorCode::validation_failed, "This format takes no attachments.",
                         "Submit the task to /api/stream/task with `context.attachments`."});
  }
  if (text_at(body, "mode") == "arena") {
    return problem(Error{ErrorCode::validation_failed, "This format has the mode `council` only.",
                         "Submit the task to /api/stream/task with the workflow `arena`."});
  }
  return {};
}

HandlerResult retry(const HandlerContext& context, const Request& request, std::string_view segment,
                    workflow::RetryFrom from) {
  const auto stream = newest_task(context, decode_path_id(segment).value_or(std::string()));
  if (stream == nullptr) return problem(Error{ErrorCode::not_found, "Conversation not found", "Send a message first."});
  return start_council(context, request, [&] { return context.tasks.prepare_retry(*stream, {.from = from}); });
}

}  // namespace

HandlerResult post_council_message(const HandlerContext& context, const Request& request, std::string_view segment) {
  const auto body = parse_json(request.body, {.reject_duplicate_keys = true});
  if (!body || !body->is_object()) return problem(Error{ErrorCode::bad_request, "The body is not a JSON object."});
  if (auto response = unsupported(*body)) return *std::move(response);
  const std::string id = decode_path_id(segment).value_or(std::string());
  auto newest = newest_task(context, id);
  if (newest == nullptr && !context.council_drafts->find(id)) {
    return problem(Error{ErrorCode::not_found, "Conversation not found", "Create a conversation first."});
  }
  if (flag_at(*body, "resume") && newest != nullptr && !newest->finished()) {
    return stream_of(context, std::move(newest));
  }
  Json task = task_from(*body, id);
  add_models(context, id, newest.get(), task);
  auto parsed = parse_task_request(dump_json(task));
  if (!parsed.spec) {
    return problem(Error{ErrorCode::validation_failed, "The message is not valid; `errors` lists every fault."},
                   {.faults = parsed.faults});
  }
  return start_council(context, request, [&] { return context.tasks.prepare(*std::move(parsed.spec)); });
}

HandlerResult post_council_retry_synthesis(const HandlerContext& context, const Request& request, std::string_view id) {
  return retry(context, request, id, workflow::RetryFrom::synthesis);
}

HandlerResult post_council_retry_rankings(const HandlerContext& context, const Request& request, std::string_view id) {
  return retry(context, request, id, workflow::RetryFrom::rankings);
}

HandlerResult post_council_retry_all(const HandlerContext& context, const Request& request, std::string_view id) {
  return retry(context, request, id, workflow::RetryFrom::all);
}

}  // namespace plenum::http
