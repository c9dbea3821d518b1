#include "server/http/handlers/task_handlers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/protocol/api_paths.h"
#include "server/http/handlers/find_stream.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/shared/stream_renders.h"
#include "server/task/views.h"
#include "server/workflow/run/restore/reused_run.h"

namespace plenum::http {
namespace {

constexpr std::size_t reason_characters_max = 200;

Response invalid_body(const TaskRequest& parsed) {
  if (!parsed.is_json) {
    const std::string detail = parsed.faults.empty() ? "" : " " + parsed.faults.front().detail;
    return problem(Error{ErrorCode::bad_request, "The body is not JSON." + detail});
  }
  return problem(Error{ErrorCode::validation_failed, "The task is not valid; `errors` lists every fault."},
                 {.faults = parsed.faults});
}

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr int retry_rounds_max = 1000;  // more than any workflow has

// The body of a retry: `{"from": "rounds", "rounds": 2}`. Without a body, every step is repeated.
tl::expected<task::RetryRequest, Response> retry_request(const std::string& body) {
  task::RetryRequest how;
  if (body.empty()) return how;
  const auto json = parse_json(body, {.reject_duplicate_keys = true});
  if (!json)
    return tl::unexpected(problem(Error{ErrorCode::bad_request, "The body is not JSON. " + json.error().message}));
  std::vector<ValidationError> faults;
  const Json fields = json->is_object() ? *json : Json::object();
  if (!json->is_object()) faults.push_back({"", "must be an object"});
  for (const auto& [key, value] : fields.items()) {
    if (key == "from") {
      const auto from = workflow::retry_from_named(value.is_string() ? value.get_ref<const std::string&>() : "");
      if (!from) faults.push_back({"/from", "must be synthesis, rankings, rounds or all"});
      how.from = from.value_or(how.from);
    } else if (key == "rounds") {
      const bool valid = value.is_number_integer() && value >= 1 && value <= retry_rounds_max;
      if (!valid) faults.push_back({"/rounds", "must be a whole number of at least 1"});
      how.rounds = valid ? value.get<int>() : how.rounds;
    } else {
      faults.push_back({pointer_to("", key), "is not a field of a retry"});
    }
  }
  if (fields.contains("rounds") && how.from != workflow::RetryFrom::rounds) {
    faults.push_back({"/rounds", "requires `from` to be rounds"});
  }
  if (faults.empty()) return how;
  return tl::unexpected(
      problem(Error{ErrorCode::validation_failed, "The body of a retry may hold `from` and `rounds`."},
              {.faults = std::move(faults)}));
}

// Whether the client requests the stream itself: only if it names it, and not with less weight than JSON.
bool prefers_events(std::string_view accept) {
  return names(accept, "text/event-stream") &&
         acceptance_of("text/event-stream", accept) >= acceptance_of("application/json", accept);
}

// The result as one response, sent at the end of the run (`"stream": false`).
DeferredResponse buffered(const HandlerContext& context, const std::shared_ptr<stream::Stream>& stream,
                          Headers headers) {
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.until_finished = true;
  headers.emplace_back("Stream-Id", stream->id().str());
  deferred.render = [stream, renders = context.renders, headers = std::move(headers)] {
    auto response = result_response(200, *stream, *renders);
    for (const auto& [name, value] : headers) response.header(name, value);
    return response;
  };
  return deferred;
}

struct CancelReason {
  std::string text;
  std::vector<ValidationError> faults;
};

// The body of a cancel is optional: `{"reason": "…"}`.
Result<CancelReason> cancel_reason(const std::string& body) {
  CancelReason reason{"cancelled on request", {}};
  if (body.empty()) return reason;
  const auto json = parse_json(body, {.reject_duplicate_keys = true});
  if (!json) return Failure(Error{ErrorCode::bad_request, "The body is not JSON. " + json.error().message});
  if (!json->is_object()) {
    reason.faults.push_back({"", "must be an object"});
    return reason;
  }
  for (const auto& [key, value] : json->items()) {
    if (key != "reason") {
      reason.faults = {{"", "may hold `reason` only"}};
      return reason;
    }
    if (!value.is_string() || code_points(value.get_ref<const std::string&>()) > reason_characters_max) {
      reason.faults.push_back({"/reason", "must be a string of at most 200 characters"});
    } else {
      reason.text = value.get<std::string>();
    }
  }
  return reason;
}

Response status_response(const HandlerContext& context, int status, const stream::Stream& stream) {
  auto response = json_response(status, task::status_view(stream, context.clock.wall(), context.clock.steady()));
  response.header("Location", api::with_id(api::status, stream.id().str()));
  return response;
}

}  // namespace

tl::expected<core::KeyedResponse, Response> start_task(const HandlerContext& context, PreparedOrRejected prepared,
                                                       core::KeyedResponse response) {
  if (!prepared) return tl::unexpected(problem(prepared.error().error, {.faults = prepared.error().faults}));
  response.stream = prepared->info.id;
  response.response = dump_json(task::accepted_view(*prepared, context.heartbeat));
  const auto keyed = response.key.empty() ? std::nullopt : std::optional(response);
  if (auto started = context.tasks.start(*std::move(prepared), keyed); !started) {
    return tl::unexpected(problem(started.error()));
  }
  return response;
}

tl::expected<Idempotency::Outcome, Response> execute_once(const HandlerContext& context, const Request& request,
                                                          std::string_view route, std::string_view payload,
                                                          const Idempotency::Execute& execute) {
  const auto header = request.head.header("idempotency-key");
  if (header.empty()) {
    return execute({}).map([](core::KeyedResponse&& first) { return Idempotency::Outcome{std::move(first)}; });
  }
  const auto key = Idempotency::read_key(header);
  if (!key) return tl::unexpected(problem(key.error()));
  // A key has no space, so the two parts cannot be confused.
  return context.idempotency->once(fmt::format("{} {}", route, *key), payload, context.clock.steady(), execute);
}

HandlerResult post_task(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  auto parsed = parse_task_request(request.body);
  if (!parsed.spec) return invalid_body(parsed);
  const bool wants_stream = parsed.spec->stream;
  const auto execute = [&](core::KeyedResponse response) {
    return start_task(context, context.tasks.prepare(std::move(*parsed.spec)), std::move(response));
  };
  auto executed = execute_once(context, request, api::task, request.body, execute);
  if (!executed) return std::move(executed.error());
  const std::string id = executed->response.stream.str();
  Headers headers;
  if (executed->replayed) headers.emplace_back("Idempotency-Replayed", "true");
  const bool as_events = wants_stream && prefers_events(request.head.header("accept"));
  headers.emplace_back("Location", api::with_id(as_events ? api::events : api::status, id));
  if (wants_stream && !as_events) {
    Response response(202, "application/json", std::move(executed->response.response));
    for (const auto& [name, value] : headers) response.header(name, value);
    return response;
  }
  auto stream = find_stream(context, id);
  if (!stream) return std::move(stream.error());
  if (as_events) {
    StreamHandoff handoff{std::move(*stream), {}, std::move(headers)};
    handoff.view.format = context.default_format;
    return handoff;
  }
  return buffered(context, *stream, std::move(headers));
}

HandlerResult post_retry(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto how = retry_request(request.body);
  if (!how) return how.error();
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  const auto execute = [&](core::KeyedResponse response) {
    return start_task(context, context.tasks.prepare_retry(**stream, *how), std::move(response));
  };
  const auto executed = execute_once(context, request, api::retry, std::string(id) + '\n' + request.body, execute);
  if (!executed) return executed.error();
  Response response(202, "application/json", executed->response.response);
  response.header("Location", api::with_id(api::status, executed->response.stream.str()));
  if (executed->replayed) response.header("Idempotency-Replayed", "true");
  return response;
}

HandlerResult delete_task(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  if (const auto removed = context.tasks.remove(*stream); !removed) return problem(removed.error());
  context.idempotency->forget((*stream)->id());
  return Response(204);
}

HandlerResult post_cancel(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto reason = cancel_reason(request.body);
  if (!reason) return problem(reason.error());
  if (!reason->faults.empty()) {
    return problem(Error{ErrorCode::validation_failed, "The body of a cancel may hold `reason` only."},
                   {.faults = reason->faults});
  }
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  const auto outcome = context.tasks.cancel(*stream, "caller", reason->text);
  if (outcome == task::CancelOutcome::not_stored) {
    return problem(Error{ErrorCode::store_unavailable,
                         "The task is being cancelled, but the cancel is not stored: after a restart of the server it "
                         "would continue.",
                         "Repeat the request until it is 202 or 200."},
                   {.stream_id = (*stream)->id().str()});
  }
  const int status = outcome == task::CancelOutcome::stopping ? 202 : 200;
  return status_response(context, status, **stream);
}

HandlerResult post_skip(const HandlerContext& context, const Request& request, std::string_view path) {
  const auto query = Query::parse_strict(request.head.query, {});
  if (!query) return problem(query.error());
  const auto slash = path.find('/');
  const auto member = decode_path_segment(path.substr(path.find('/', slash + 1) + 1));
  if (!member) return problem(Error{ErrorCode::bad_request, "The member in the path is not percent-encoded UTF-8."});
  if (!request.body.empty()) {
    return problem(Error{ErrorCode::bad_request, "This route takes no body.", "Omit the body."});
  }
  const auto stream = find_stream(context, path.substr(0, slash));
  if (!stream) return stream.error();
  const auto outcome = context.tasks.skip(*stream, *member);
  if (outcome == task::SkipOutcome::not_a_member) {
    return problem(Error{ErrorCode::not_found, fmt::format("\"{}\" is not a member of this task.", *member),
                         "The task's status lists its members."});
  }
  const int status = outcome == task::SkipOutcome::skipping ? 202 : 200;
  return status_response(context, status, **stream);
}

}  // namespace plenum::http
