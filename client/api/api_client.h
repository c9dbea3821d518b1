// The server's routes as calls: submit, retry, status, cancel, list, export, delete, models, workflows. StreamSession
// a stream is stream_follower.h. Source: docs/protocol.md. One thread; every call blocks until the answer, an
// error or an interruption.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
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
  std::string server = "http://127.0.0.1:8080";  // without a slash at its end
  milliseconds connect_timeout{5'000};
  milliseconds reply_timeout{30'000};  // of a plain reply, connect included
  milliseconds retry_for{300'000};     // how long a busy server is asked again
  int connect_attempts_max = 4;        // about a second, for a server that is just starting
};

struct AcceptedTask {
  std::string stream_id;
  std::vector<std::string> skipped;  // "openai/gpt-4.1: no key", members that will not take part
  Json body;                         // the whole reply
};

struct CancelReply {
  bool already_finished = false;  // of a skip: nothing of the member was open
  Json body;                      // the status after it
};

enum class ExportFormat : std::uint8_t { markdown, json };

class ApiClient {
 public:
  // Says why a call is being made again, and when.
  using OnRetry = std::function<void(const Error& cause, milliseconds wait)>;

  // waiting must outlive the client.
  ApiClient(ApiOptions options, Waiter& waiting);

  // Hands in a task. Made again only when nothing can have been accepted: the server was not reached,
  // or it said 503 with Retry-After. When the reply is lost the task may be running, and the error says so.
  Result<AcceptedTask> submit(const TaskSpec& spec, const OnRetry& on_retry);
  Result<Json> status(std::string_view stream_id);
  Result<CancelReply> cancel(std::string_view stream_id);
  // Goes on without one member: its open calls are closed.
  Result<CancelReply> skip(std::string_view stream_id, std::string_view member);
  // Works on the task of a finished stream once more, in a new stream that takes over what is not redone;
  // from: `synthesis`, `rankings` or `all`. Made again as submit() is.
  Result<AcceptedTask> retry(std::string_view stream_id, std::string_view from, const OnRetry& on_retry);
  // Newest first. words: only tasks that hold them; empty: all.
  Result<Json> list(int limit, std::string_view words);
  // The whole task as a document, or as JSON, byte for byte as the server wrote it.
  Result<std::string> exported(std::string_view stream_id, ExportFormat format);
  // Cancels it if it runs, then removes it for good.
  Result<void> remove(std::string_view stream_id);
  Result<Json> models();
  Result<Json> workflows();
  // With the text of its file as `source`.
  Result<Json> workflow(std::string_view name);

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
  };
  Attempt attempt(const HttpRequest& request);
  // One attempt whose answer was read whole and is a success.
  Result<Reply> fetch_reply(const HttpRequest& request);
  Result<AcceptedTask> submit(HttpRequest post, const OnRetry& on_retry);
  // A 2xx reply's JSON object, and its status.
  Result<Json> fetch(HttpRequest request, int* status = nullptr);
  HttpRequest request(std::string method, std::string_view path) const;

  const ApiOptions options_;  // set once
  Waiter& waiting_;           // set once
};

// `http://host:port` from what a person types: scheme added, slashes at the end removed. Fails with usage.
Result<std::string> server_url_from(std::string_view text);

}  // namespace plenum::client
