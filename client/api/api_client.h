// The server's routes as blocking calls. Streams are followed by stream_follower.h.
// Source: docs/protocol.md. Not thread-safe: one thread makes all calls. A call returns on the response, an error
// or an interrupt.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/http_call.h"
#include "client/api/waiter.h"
#include "common/base/error.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "common/protocol/task_request.h"

namespace plenum::client {

struct ApiOptions {
  std::string server = "http://127.0.0.1:8080";  // no trailing slash
  milliseconds connect_timeout{5'000};
  milliseconds reply_timeout{40'000};  // of a whole response, connect included; longer than the server's own timeout
  milliseconds retry_for{300'000};     // while the server is busy
  int connect_attempts_max = 4;        // about 1 s, for a server that is starting
  // Called at most once, when nothing listens at the address: starts a server there. Empty: none is started.
  std::function<Result<void>()> start_server{};
};

struct AcceptedTask {
  std::string stream_id;
  std::vector<std::string> skipped;  // "openai/gpt-4.1: no key", members that are not part of the run
  Json body;                         // the whole response
};

struct CancelReply {
  bool already_finished = false;  // of a skip: the member had no open calls
  Json body;                      // the status afterwards
};

enum class ExportFormat : std::uint8_t { markdown, json };
enum class TaskTexts : std::uint8_t { start, whole };

// One row per export format: `?format=` of the route and the media type of the response.
struct ExportFormatRow {
  ExportFormat format;
  std::string_view name;
  std::string_view media_type;
};
inline constexpr ExportFormatRow export_formats[] = {
    {ExportFormat::markdown, "markdown", "text/markdown"},
    {ExportFormat::json, "json", "application/json"},
};

class ApiClient {
 public:
  // Called before a call is repeated, with the cause and the wait.
  using OnRetry = std::function<void(const Error& cause, milliseconds wait)>;

  // waiting must outlive the client.
  ApiClient(ApiOptions options, Waiter& waiting);

  // Submits a task, with an Idempotency-Key. Repeated while the server is unreachable or returns 503 or 507 with
  // Retry-After, and after its 504. If the response is lost, the error states that the task may be running.
  // idempotency_key: a second submission with it and the same task returns the first one; empty: a random key.
  Result<AcceptedTask> submit(const TaskSpec& spec, const OnRetry& on_retry, const std::string& idempotency_key = {});
  Result<Json> status(std::string_view stream_id);
  Result<CancelReply> cancel(std::string_view stream_id);
  // Aborts the open calls of one member; the task continues without it.
  Result<CancelReply> skip(std::string_view stream_id, std::string_view member);
  // Runs the task of a finished stream again from a step, as a new stream that reuses the steps before it.
  // from: `synthesis`, `rankings` or `all`. Repeated under the same conditions as submit().
  Result<AcceptedTask> retry(std::string_view stream_id, std::string_view from, const OnRetry& on_retry);
  // Likewise, with this many further rounds.
  Result<AcceptedTask> extend(std::string_view stream_id, int rounds, const OnRetry& on_retry);
  // Newest first. words: only tasks that contain them; empty: all. Of each task the start of its text, or with
  // TaskTexts::whole the whole text: a page of the server then has fewer rows, and is followed by the next ones.
  Result<Json> list(int limit, std::string_view words, TaskTexts texts = TaskTexts::start);
  // The task as a document, byte for byte as the server wrote it.
  Result<std::string> exported(std::string_view stream_id, ExportFormat format);
  // Cancels the task if it is running, then deletes it permanently.
  Result<void> remove(std::string_view stream_id);
  Result<Json> councils();
  // refresh: with what the providers list now; the server waits for them.
  Result<Json> models(bool refresh = false);
  Result<Json> workflows();
  // Includes the text of its file as `source`.
  Result<Json> workflow(std::string_view name);

  // Any other route: the JSON object of its 2xx response, null for 204. member: a member that the object has; without
  // it, the response is that of another program. body: JSON; empty: none.
  Result<Json> call(std::string_view method, std::string_view path, std::string_view member, std::string body = {});

  std::string events_url(std::string_view stream_id) const;
  const ApiOptions& options() const { return options_; }

 private:
  struct Reply {
    HttpHead head;
    std::string body;
  };
  struct Attempt {
    HttpOutcome outcome;
    Reply reply;
    std::optional<Error> not_started{};  // no server was listening, and none could be started
  };
  // Starts a server if none listens.
  Attempt attempt(const HttpRequest& request);
  Attempt attempt_once(const HttpRequest& request);
  // The task of a 2xx response to a submission.
  Result<AcceptedTask> accepted(const Reply& reply) const;
  // One attempt; fails unless the whole response was read and is a success.
  Result<Reply> fetch_reply(const HttpRequest& request);
  Result<AcceptedTask> submit(HttpRequest post, const OnRetry& on_retry, const std::string& idempotency_key);
  // The JSON object of a 2xx response, which has this member, and its status.
  Result<Json> fetch(const HttpRequest& request, std::string_view member, int* status = nullptr);
  Error foreign(const Reply& reply) const;
  HttpRequest request(std::string method, std::string_view path) const;

  const ApiOptions options_;  // set once
  Waiter& waiting_;           // set once
  bool start_tried_ = false;
};

// `http://host:port/prefix` from user input: adds the scheme, writes it in lower case (RFC 3986, 3.1), removes trailing
// slashes. The prefix is that of a reverse proxy. Fails with usage.
Result<std::string> server_url_from(std::string_view text);

}  // namespace plenum::client
