// The one error table: replies, events, metrics and the client's exit codes all read it.
// Problem codes (RFC 9457) are written with hyphens because they end a `type` URI; the classes of
// provider failures keep the underscore spelling that the field uses for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

enum class ErrorCode : std::uint8_t {
  // What a caller did.
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
  idempotency_in_flight,
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
  // What the server could not do.
  internal,
  not_implemented,
  busy,
  draining,
  store_unavailable,
  store_full,
  stream_damaged,
  version_not_supported,
  // What a provider did (classes of docs/providers.md).
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
  // How a run ended.
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

// Whether trying the same thing again can help, and when.
enum class Retry : std::uint8_t { never, now, later };

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // as on the wire
  int http;               // status of a reply that carries it
  Retry retry;
  int exit_code;            // of the client
  std::string_view remedy;  // what the reader of the message can do; a full sentence
};

// The row of a code. Any thread.
const ErrorRow& row_of(ErrorCode code);
// The code with this wire name, or nothing. Any thread.
std::optional<ErrorCode> error_code_named(std::string_view name);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;                                     // the cause, in one sentence
  std::string remedy{};                                    // empty: the table's
  std::optional<std::chrono::milliseconds> retry_after{};  // when the other side named a wait

  std::string_view name() const { return row_of(code).name; }
  std::string_view advice() const { return remedy.empty() ? row_of(code).remedy : std::string_view(remedy); }
  bool retryable() const { return row_of(code).retry != Retry::never; }
};

}  // namespace plenum
