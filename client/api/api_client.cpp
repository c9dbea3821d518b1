#include "client/api/api_client.h"

#include <fmt/format.h>

#include <cstdlib>

#include "client/api/backoff.h"
#include "client/api/error_mapping.h"
#include "common/base/ids.h"
#include "common/base/percent.h"
#include "common/base/strings.h"
#include "common/json/json_access.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

// Collects a response that is no event stream, up to a size that no response of the server reaches.
class ReplyReader final : public HttpReader {
 public:
  static constexpr std::size_t body_bytes_max = 64U << 20;  // a result holds every member's text

  ReplyReader(HttpHead& head, std::string& body) : head_(head), body_(body) {}

  bool on_head(const HttpHead& head) override {
    head_ = head;
    return true;
  }
  bool on_bytes(std::string_view bytes) override {
    body_.append(bytes);
    return body_.size() <= body_bytes_max;
  }
  milliseconds silence_max() const override { return milliseconds(0); }

 private:
  HttpHead& head_;
  std::string& body_;
};

Error possibly_accepted(Error error) {
  error.message += "; the task may have been accepted";
  error.remedy = "Check `plenum list` before you submit it again.";
  return error;
}

// Nothing if the body is not that of a submission.
std::optional<AcceptedTask> accepted_from(const Json& body) {
  AcceptedTask accepted;
  accepted.stream_id = text_at(body, "stream_id");
  if (!StreamId::parse(accepted.stream_id)) return std::nullopt;
  accepted.skipped = items_at(body, "skipped", [](const Json& member) {
    return fmt::format("{}: {}", text_at(member, "id"), text_at(member, "reason"));
  });
  accepted.body = body;
  return accepted;
}

bool is_json_export(std::string_view body) {
  const Result<Json> document = parse_json(body);
  return document && text_at(*document, "format") == "plenum-export";
}

bool is_success(int status) { return status >= 200 && status < 300; }

}  // namespace

ApiClient::ApiClient(ApiOptions options, Waiter& waiting) : options_(std::move(options)), waiting_(waiting) {}

std::string ApiClient::events_url(std::string_view stream_id) const {
  return options_.server + api::with_id(api::events, stream_id);
}

HttpRequest ApiClient::request(std::string method, std::string_view path) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = options_.server + std::string(path);
  request.headers = {"Accept: application/json"};
  if (request.method == "POST") request.headers.emplace_back("Content-Type: application/json");
  request.connect_timeout = options_.connect_timeout;
  request.total_timeout = options_.reply_timeout;
  return request;
}

ApiClient::Attempt ApiClient::attempt_once(const HttpRequest& request) {
  Attempt attempt;
  ReplyReader reader(attempt.reply.head, attempt.reply.body);
  attempt.outcome = perform(request, reader, waiting_);
  // libcurl reports a connection that was closed before the status line as an empty HTTP/0.9 response.
  if (attempt.outcome.end == HttpEnd::complete && attempt.reply.head.status == 0) {
    attempt.outcome = {HttpEnd::broken, "the connection was closed before the response"};
  }
  return attempt;
}

ApiClient::Attempt ApiClient::attempt(const HttpRequest& request) {
  Attempt made = attempt_once(request);
  if (!made.outcome.refused || !options_.start_server || start_tried_) return made;
  start_tried_ = true;
  if (auto started = options_.start_server(); !started) {
    made.not_started = std::move(started.error());
    return made;
  }
  return attempt_once(request);
}

Error ApiClient::foreign(const Reply& reply) const { return foreign_reply(reply.head, options_.server); }

Result<ApiClient::Reply> ApiClient::fetch_reply(const HttpRequest& request) {
  Attempt made = attempt(request);
  if (made.not_started) return Failure(*std::move(made.not_started));
  if (made.outcome.end != HttpEnd::complete) {
    return Failure(error_from_outcome(made.outcome, options_.server));
  }
  if (!is_success(made.reply.head.status)) {
    Error error = error_from_reply(made.reply.head, made.reply.body, options_.server);
    if (made.reply.head.status == 504 && is_problem(made.reply.head, made.reply.body)) {
      error.remedy = "The command may still take effect: check with `plenum status` or `plenum list`, then repeat it.";
    }
    return Failure(std::move(error));
  }
  return std::move(made.reply);
}

Result<Json> ApiClient::fetch(const HttpRequest& request, std::string_view member, int* status) {
  const Result<Reply> reply = fetch_reply(request);
  if (!reply) return Failure(reply.error());
  Result<Json> body = parse_json(reply->body);
  if (!body || !body->is_object() || !body->contains(member)) return Failure(foreign(*reply));
  if (status != nullptr) *status = reply->head.status;
  return body;
}

Result<AcceptedTask> ApiClient::submit(const TaskSpec& spec, const OnRetry& on_retry,
                                       const std::string& idempotency_key) {
  HttpRequest post = request("POST", api::task);
  post.body = task_request_body(spec);
  return submit(std::move(post), on_retry, idempotency_key);
}

Result<AcceptedTask> ApiClient::retry(std::string_view stream_id, std::string_view from, const OnRetry& on_retry) {
  HttpRequest post = request("POST", api::with_id(api::retry, stream_id));
  post.body = dump_json(Json{{"from", from}});
  return submit(std::move(post), on_retry, {});
}

Result<AcceptedTask> ApiClient::extend(std::string_view stream_id, int rounds, const OnRetry& on_retry) {
  HttpRequest post = request("POST", api::with_id(api::retry, stream_id));
  post.body = dump_json(Json{{"from", "rounds"}, {"rounds", rounds}});
  return submit(std::move(post), on_retry, {});
}

Result<AcceptedTask> ApiClient::submit(HttpRequest post, const OnRetry& on_retry, const std::string& idempotency_key) {
  post.headers.push_back("Idempotency-Key: " + (idempotency_key.empty() ? random_hex(16) : idempotency_key));
  Backoff backoff(milliseconds(250), milliseconds(5'000), random_between);
  const SteadyTime give_up = waiting_.now() + options_.retry_for;
  bool unknown = false;  // whether an attempt may have been accepted
  for (int connects = 1;;) {
    Attempt made = attempt(post);
    if (made.not_started) return Failure(*std::move(made.not_started));
    const HttpEnd end = made.outcome.end;
    Error cause;
    bool again = false;
    if (end == HttpEnd::complete) {
      const int status = made.reply.head.status;
      if (is_success(status)) return accepted(made.reply);
      cause = error_from_reply(made.reply.head, made.reply.body, options_.server);
      const bool late = status == 504 && is_problem(made.reply.head, made.reply.body);
      unknown |= late;
      const bool passes = ((status == 503 || status == 507) && cause.retry_after) || late;
      again = passes && waiting_.now() + cause.retry_after.value_or(milliseconds(0)) < give_up;
      // A proxy that lost its server does not know whether that had taken the task.
      const bool lost = (status == 502 || status == 504) && !is_problem(made.reply.head, made.reply.body);
      if (lost || (unknown && !again)) cause = possibly_accepted(std::move(cause));
    } else if (end == HttpEnd::not_connected) {
      cause = error_from_outcome(made.outcome, options_.server);
      again = connects++ < options_.connect_attempts_max;
    } else {
      cause = possibly_accepted(error_from_outcome(made.outcome, options_.server));
    }
    if (!again) return Failure(std::move(cause));
    const milliseconds wait = backoff.next(cause.retry_after.value_or(milliseconds(0)));
    on_retry(cause, wait);
    if (!waiting_.pause(wait)) return Failure(Error{ErrorCode::cancelled, "interrupted before the task was accepted"});
  }
}

Result<AcceptedTask> ApiClient::accepted(const Reply& reply) const {
  const Result<Json> body = parse_json(reply.body);
  std::optional<AcceptedTask> task = body && body->is_object() ? accepted_from(*body) : std::nullopt;
  if (!task) return Failure(foreign(reply));
  return *std::move(task);
}

Result<Json> ApiClient::status(std::string_view stream_id) {
  return fetch(request("GET", api::with_id(api::status, stream_id)), "stream_id");
}

Result<CancelReply> ApiClient::cancel(std::string_view stream_id) {
  int status = 0;
  Result<Json> body = fetch(request("POST", api::with_id(api::cancel, stream_id)), "stream_id", &status);
  if (!body) return Failure(std::move(body.error()));
  return CancelReply{status == 200, std::move(*body)};
}

Result<CancelReply> ApiClient::skip(std::string_view stream_id, std::string_view member) {
  int status = 0;
  const std::string path = api::with_id(api::cancel, stream_id).append(api::members).append(percent_encoded(member));
  Result<Json> body = fetch(request("POST", path), "stream_id", &status);
  if (!body) return Failure(std::move(body.error()));
  return CancelReply{status == 200, std::move(*body)};
}

Result<Json> ApiClient::list(int limit, std::string_view words, TaskTexts texts) {
  std::string query = words.empty() ? std::string() : "&q=" + percent_encoded(words);
  if (texts == TaskTexts::whole) query += "&fields=full";
  Result<Json> list = fetch(request("GET", fmt::format("{}?limit={}{}", api::tasks, limit, query)), "tasks");
  while (list && texts == TaskTexts::whole) {
    Json& tasks = (*list)["tasks"];
    const int left = limit - static_cast<int>(tasks.size());
    const std::string cursor = text_at(*list, "next_cursor");
    if (left <= 0 || cursor.empty() || !tasks.is_array()) break;
    Result<Json> page =
        fetch(request("GET", fmt::format("{}?limit={}{}&cursor={}", api::tasks, left, query, cursor)), "tasks");
    if (!page) return page;
    Json& more = (*page)["tasks"];
    if (!more.is_array() || more.empty()) break;
    for (Json& task : more) tasks.push_back(std::move(task));
    (*list)["next_cursor"] = value_at(*page, "next_cursor");
  }
  return list;
}

Result<std::string> ApiClient::exported(std::string_view stream_id, ExportFormat format) {
  const ExportFormatRow& row = export_formats[static_cast<std::size_t>(format)];
  HttpRequest get = request("GET", fmt::format("{}?format={}", api::with_id(api::exported, stream_id), row.name));
  get.headers = {fmt::format("Accept: {}", row.media_type)};
  Result<Reply> reply = fetch_reply(get);
  if (!reply) return Failure(std::move(reply.error()));
  // Another program at this address may return 200 with an HTML page.
  const bool readable = format != ExportFormat::json || is_json_export(reply->body);
  if (!reply->head.content_type.starts_with(row.media_type) || !readable) return Failure(foreign(*reply));
  return std::move(reply->body);
}

Result<void> ApiClient::remove(std::string_view stream_id) {
  const std::string path = fmt::format("{}/{}", api::task, stream_id);
  const Result<Reply> reply = fetch_reply(request("DELETE", path));
  if (!reply) return Failure(reply.error());
  if (reply->head.status != 204) return Failure(foreign(*reply));
  return {};
}

Result<Json> ApiClient::call(std::string_view method, std::string_view path, std::string_view member,
                             std::string body) {
  HttpRequest made = request(std::string(method), path);
  if (!body.empty() && method != "POST") made.headers.emplace_back("Content-Type: application/json");
  made.body = std::move(body);
  const Result<Reply> reply = fetch_reply(made);
  if (!reply) return Failure(reply.error());
  if (reply->head.status == 204) return Json(nullptr);
  Result<Json> parsed = parse_json(reply->body);
  if (!parsed || !parsed->is_object() || !parsed->contains(member)) return Failure(foreign(*reply));
  return parsed;
}

Result<Json> ApiClient::models(bool refresh) {
  return fetch(request("GET", std::string(api::models) + (refresh ? "?live=1" : "")), "providers");
}

Result<Json> ApiClient::councils() { return fetch(request("GET", api::councils), "councils"); }

Result<Json> ApiClient::workflows() { return fetch(request("GET", api::workflows), "workflows"); }

Result<Json> ApiClient::workflow(std::string_view name) {
  return fetch(request("GET", fmt::format("{}/{}", api::workflows, percent_encoded(name))), "source");
}

namespace {

// Of `host:port/prefix`; a host without a port has none that is wrong.
bool has_valid_port(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const auto colon = authority.rfind(':');
  if (colon == authority.npos || authority.find(']', colon) != authority.npos) return true;
  const std::string_view port = authority.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  const int number = digits ? std::atoi(std::string(port).c_str()) : 0;
  return number >= 1 && number <= 65'535;
}

}  // namespace

Result<std::string> server_url_from(std::string_view text) {
  constexpr std::string_view separator = "://";
  const auto at = text.find(separator);
  const std::string scheme = at == text.npos ? "http" : lower_case(text.substr(0, at));
  std::string_view rest = at == text.npos ? text : text.substr(at + separator.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const bool has_host = !rest.empty() && rest.front() != '/' && rest.front() != ':';
  const bool clean = rest.find_first_of(" \t\r\n?#@\\") == rest.npos;
  if ((scheme != "http" && scheme != "https") || !has_host || !clean) {
    return Failure(Error{ErrorCode::usage, fmt::format("'{}' is not a server address", text),
                         "Use the form http://127.0.0.1:8080."});
  }
  if (!has_valid_port(rest)) {
    return Failure(Error{ErrorCode::usage, fmt::format("'{}' has no valid port", text), "Use a port from 1 to 65535."});
  }
  return fmt::format("{}{}{}", scheme, separator, rest);
}

}  // namespace plenum::client
