// The error table: responses, events, metrics and the client's exit codes are derived from it.
// Problem codes (RFC 9457) have hyphens, because they end a `type` URI; the classes of provider errors have
// underscores, as in the providers' own APIs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

enum class ErrorCode : std::uint8_t {
  // Request errors.
  bad_request,
  invalid_cursor,
  unauthorized,
  forbidden,
  bad_origin,
  bad_host,
  not_found,
  method_not_allowed,
  stream_not_found,
  request_timeout,
  stream_gone,
  cursor_expired,
  length_required,
  payload_too_large,
  uri_too_long,
  unsupported_media_type,
  validation_failed,
  idempotency_key_reuse,
  quota_exceeded,
  too_many_connections,
  headers_too_large,
  // Server errors.
  internal,
  not_implemented,
  busy,
  draining,
  store_unavailable,
  store_full,
  stream_damaged,
  version_not_supported,
  // Provider errors (docs/providers.md).
  authentication,
  billing,
  rate_limit,
  overloaded,
  timeout,
  transport,
  invalid_request,
  content_filter,
  truncated,
  server,
  malformed,
  // Outcomes of a run.
  no_usable_answer,
  deadline_exceeded,
  stream_limit,
  cost_limit,
  cancelled,
  interrupted,
  // Programs and files.
  usage,
  config_invalid,
  workflow_invalid,
  unreachable,
  frame_too_large,
};

// Whether and when a retry of the same request can succeed.
enum class Retry : std::uint8_t { never, now, later };

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // in responses and events
  int http;               // status of a response with this code
  Retry retry;
  int exit_code;            // of the client
  std::string_view remedy;  // a full sentence, addressed to the client
};

// The row of a code. Any thread.
const ErrorRow& row_of(ErrorCode code);
// The code with this wire name, or nothing. Any thread.
std::optional<ErrorCode> error_code_named(std::string_view name);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;                                     // the cause, in one sentence
  std::string remedy{};                                    // empty: that of the table
  std::optional<std::chrono::milliseconds> retry_after{};  // if the server or provider requested a wait

  std::string_view name() const { return row_of(code).name; }
  std::string_view advice() const { return remedy.empty() ? row_of(code).remedy : std::string_view(remedy); }
  bool retryable() const { return row_of(code).retry != Retry::never; }
};

}  // namespace plenum
