// Routes that begin, list and end tasks.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/protocol/api_paths.h"
#include "server/http/handlers/handlers.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/task/views.h"
#include "server/workflow/run/restore/reused_run.h"

namespace plenum::http {
namespace {

constexpr long list_default = 20, list_max = 100;
constexpr std::size_t reason_characters_max = 200;

Response refused_task(const task::Refused& refused) { return problem(refused.error, {.faults = refused.faults}); }

Response refused_body(const TaskRequest& parsed) {
  if (!parsed.is_json) {
    const std::string detail = parsed.faults.empty() ? "" : " " + parsed.faults.front().detail;
    return problem(Error{ErrorCode::bad_request, "The body is not JSON." + detail});
  }
  return problem(Error{ErrorCode::validation_failed, "The task cannot be taken as it is; `errors` lists every fault."},
                 {.faults = parsed.faults});
}

// Has a task made. What comes back is what a repetition of the request gets as well.
template <class Submit>
tl::expected<core::KeyedResponse, Response> accept(const HandlerContext& context, core::KeyedResponse answer,
                                                   Submit&& submit) {
  const auto fill_in = [&](const task::Accepted& accepted) -> std::optional<core::KeyedResponse> {
    answer.stream = accepted.stream->id();
    answer.response =
        dump_json(task::accepted_view(accepted, context.clock.wall(), context.clock.steady(), context.heartbeat));
    return answer.key.empty() ? std::nullopt : std::optional(answer);
  };
  auto outcome = submit(fill_in);
  if (const auto* refused = std::get_if<task::Refused>(&outcome)) return tl::unexpected(refused_task(*refused));
  return answer;
}

// asked: what the same key must always stand for.
tl::expected<Idempotency::Given, Response> once(const HandlerContext& context, const Request& request,
                                                std::string_view asked, const Idempotency::Make& make) {
  const auto header = request.head.header("idempotency-key");
  if (header.empty()) {
    return make({}).map([](core::KeyedResponse&& first) { return Idempotency::Given{std::move(first)}; });
  }
  const auto key = Idempotency::read_key(header);
  if (!key) return tl::unexpected(problem(key.error()));
  return context.idempotency->once(*key, asked, context.clock.steady(), make);
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// The body of a retry: `{"from": "synthesis"}`; without one everything is done again.
tl::expected<workflow::RetryFrom, Response> retry_from(const std::string& body) {
  if (body.empty()) return workflow::RetryFrom::all;
  const auto json = parse_json(body, {.reject_duplicate_keys = true});
  if (!json)
    return tl::unexpected(problem(Error{ErrorCode::bad_request, "The body is not JSON. " + json.error().message}));
  const bool known = json->is_object() && (json->empty() || (json->size() == 1 && json->contains("from")));
  const std::string word = known && !json->empty() && (*json)["from"].is_string() ? (*json)["from"].get<std::string>()
                           : known && json->empty()                               ? "all"
                                                                                  : "";
  if (const auto from = workflow::retry_from_named(word)) return *from;
  return tl::unexpected(problem(Error{ErrorCode::validation_failed, "The body of a retry may hold `from`."},
                                {.faults = {{"/from", "must be synthesis, rankings or all"}}}));
}

// The client wants the whole answer in one reply: it comes when the run has ended.
DeferredResponse buffered(const std::shared_ptr<stream::Stream>& stream, Headers headers) {
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.until_finished = true;
  headers.emplace_back("Stream-Id", stream->id().str());
  deferred.render = [stream, headers = std::move(headers)] {
    auto reply = json_reply(200, task::result_view(*stream));
    for (const auto& [name, value] : headers) reply.header(name, value);
    return reply;
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
      reason.faults = {{"", "only `reason` is known here"}};
      return reason;
    }
    if (!value.is_string() || code_points(value.get_ref<const std::string&>()) > reason_characters_max) {
      reason.faults.push_back({"/reason", "must be a text of at most 200 characters"});
    } else {
      reason.text = value.get<std::string>();
    }
  }
  return reason;
}

}  // namespace

HandlerResult post_task(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return problem(query.error());
  auto parsed = parse_task_request(request.body);
  if (!parsed.spec) return refused_body(parsed);
  const bool wants_stream = parsed.spec->stream;
  const auto made = [&](core::KeyedResponse answer) {
    return accept(context, std::move(answer), [&](const task::TaskService::AnswerMaker& fill_in) {
      return context.tasks.submit(std::move(*parsed.spec), fill_in);
    });
  };
  auto given = once(context, request, request.body, made);
  if (!given) return std::move(given.error());
  const std::string id = given->answer.stream.str();
  Headers headers;
  if (given->replayed) headers.emplace_back("Idempotency-Replayed", "true");
  const bool as_events = wants_stream && names(request.head.header("accept"), "text/event-stream");
  headers.emplace_back("Location", api::with_id(as_events ? api::events : api::status, id));
  if (wants_stream && !as_events) {
    Response reply(202, "application/json", std::move(given->answer.response));
    for (const auto& [name, value] : headers) reply.header(name, value);
    return reply;
  }
  auto stream = find_stream(context, id);
  if (!stream) return std::move(stream.error());
  if (as_events) return StreamHandoff{std::move(*stream), {}, std::move(headers)};
  return buffered(*stream, std::move(headers));
}

HandlerResult get_tasks(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse(request.head.query, {"limit", "cursor", "q"});
  if (!query) return problem(query.error());
  const auto limit = query->number("limit", 1, list_max, list_default);
  if (!limit) return problem(limit.error());
  std::optional<StreamId> before;
  if (const auto cursor = query->find("cursor")) {
    before = StreamId::parse(*cursor);
    if (!before) {
      return problem(Error{ErrorCode::bad_request, "The parameter `cursor` must be the id of a stream.",
                           "Pass the `next_cursor` of the page before."});
    }
  }
  // One more than asked for tells whether there is a next page.
  auto page =
      context.tasks.streams().list({static_cast<std::size_t>(*limit) + 1, before, query->find("q").value_or("")});
  if (!page) return problem(page.error());
  const bool more = page->size() > static_cast<std::size_t>(*limit);
  if (more) page->pop_back();
  Json rows = Json::array();
  for (const auto& listed : *page) rows.push_back(task::summary_view(listed));
  Json next = more ? rows.back()["stream_id"] : Json(nullptr);
  return json_reply(200, Json{{"tasks", std::move(rows)}, {"next_cursor", std::move(next)}});
}

HandlerResult post_retry(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return problem(query.error());
  const auto from = retry_from(request.body);
  if (!from) return from.error();
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  const auto again = [&](core::KeyedResponse answer) {
    return accept(context, std::move(answer), [&](const task::TaskService::AnswerMaker& fill_in) {
      return context.tasks.retry(**stream, *from, fill_in);
    });
  };
  const auto given = once(context, request, std::string(id) + '\n' + request.body, again);
  if (!given) return given.error();
  Response reply(202, "application/json", given->answer.response);
  reply.header("Location", api::with_id(api::status, given->answer.stream.str()));
  if (given->replayed) reply.header("Idempotency-Replayed", "true");
  return reply;
}

HandlerResult delete_task(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return problem(query.error());
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  if (const auto removed = context.tasks.remove(*stream); !removed) return problem(removed.error());
  return Response(204);
}

HandlerResult post_cancel(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return problem(query.error());
  const auto reason = cancel_reason(request.body);
  if (!reason) return problem(reason.error());
  if (!reason->faults.empty()) {
    return problem(Error{ErrorCode::validation_failed, "The body of a cancel may hold a `reason`."},
                   {.faults = reason->faults});
  }
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  const auto outcome = context.tasks.cancel(*stream, "caller", reason->text);
  const int status = outcome == task::CancelOutcome::stopping ? 202 : 200;
  auto reply = json_reply(status, task::status_view(**stream, context.clock.wall(), context.clock.steady()));
  reply.header("Location", api::with_id(api::status, (*stream)->id().str()));
  return reply;
}

// `rest`: the stream's id, then `/members/` and the member.
HandlerResult post_skip(const HandlerContext& context, const Request& request, std::string_view rest) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return problem(query.error());
  const auto slash = rest.find('/');
  const auto member = path_part(rest.substr(rest.find('/', slash + 1) + 1));
  if (!member) return problem(Error{ErrorCode::bad_request, "The member in the path is not percent-encoded UTF-8."});
  if (!request.body.empty()) {
    return problem(Error{ErrorCode::bad_request, "This route takes no body.", "Leave the body out."});
  }
  const auto stream = find_stream(context, rest.substr(0, slash));
  if (!stream) return stream.error();
  const auto outcome = context.tasks.skip(*stream, *member);
  if (outcome == task::SkipOutcome::not_a_member) {
    return problem(Error{ErrorCode::not_found, fmt::format("\"{}\" takes no part in this task.", *member),
                         "The task's status lists its members."});
  }
  const int status = outcome == task::SkipOutcome::skipping ? 202 : 200;
  auto reply = json_reply(status, task::status_view(**stream, context.clock.wall(), context.clock.steady()));
  reply.header("Location", api::with_id(api::status, (*stream)->id().str()));
  return reply;
}

}  // namespace plenum::http
