#include "client/api/error_mapping.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/json_access.h"

namespace plenum::client {
namespace {

ErrorCode code_for_status(int status) {
  switch (status) {
    case 400:
      return ErrorCode::bad_request;
    case 401:
      return ErrorCode::unauthorized;
    case 403:
      return ErrorCode::forbidden;
    case 404:
      return ErrorCode::not_found;
    case 405:
      return ErrorCode::method_not_allowed;
    case 410:
      return ErrorCode::stream_gone;
    case 413:
      return ErrorCode::payload_too_large;
    case 422:
      return ErrorCode::validation_failed;
    case 429:
      return ErrorCode::quota_exceeded;
    case 503:
      return ErrorCode::busy;
    default:
      return ErrorCode::internal;
  }
}

// One line per validation error: `/members/0: unknown model`.
std::string validation_lines(const Json& problem) {
  std::string text;
  items_at(problem, "errors", [&](const Json& error) {
    const std::string pointer = text_at(error, "pointer");
    text += fmt::format("\n  {}{}{}", pointer, pointer.empty() ? "" : ": ", text_at(error, "detail"));
    return true;
  });
  return text;
}

Error without_document(const HttpHead& head) {
  // A body that is no problem document comes from a proxy or from another program.
  Error error{code_for_status(head.status), fmt::format("the server returned HTTP {}", head.status)};
  error.retry_after = head.retry_after;
  if (head.status >= 300 && head.status < 400) {
    error.code = ErrorCode::unreachable;
    error.message += ", a redirect; redirects are not followed";
    error.remedy = "Pass the target address with --server.";
  } else if (head.status < 300) {
    error.code = ErrorCode::unreachable;
    error.message += fmt::format(" with {}; a Plenum server does not return that",
                                 head.content_type.empty() ? "no content type" : head.content_type);
    error.remedy = "Check --server: another program may be listening at that address.";
  }
  return error;
}

}  // namespace

Error error_from_reply(const HttpHead& head, std::string_view body) {
  if (head.status < 400) return without_document(head);
  const Result<Json> problem = parse_json(body);
  if (!problem || !problem->is_object()) return without_document(head);

  Error error;
  error.code = error_code_named(text_at(*problem, "code")).value_or(code_for_status(head.status));
  error.message = text_at(*problem, "detail");
  if (error.message.empty()) error.message = text_at(*problem, "title");
  if (error.message.empty()) error.message = fmt::format("the server returned HTTP {}", head.status);
  error.message += validation_lines(*problem);
  error.remedy = text_at(*problem, "remedy");
  error.retry_after = head.retry_after;
  if (const auto wait = number_at(*problem, "retry_after_ms"); wait && !error.retry_after) {
    error.retry_after = milliseconds(std::clamp<std::int64_t>(*wait, 0, 86'400'000));
  }
  if (const std::string id = text_at(*problem, "request_id"); head.status >= 500 && !id.empty()) {
    error.message += fmt::format(" (request {})", id);
  }
  return error;
}

Error error_from_outcome(const HttpOutcome& outcome, std::string_view server_url) {
  switch (outcome.end) {
    case HttpEnd::interrupted:
      return {ErrorCode::cancelled, "interrupted"};
    case HttpEnd::not_connected:
      return {ErrorCode::unreachable, fmt::format("no server is reachable at {}: {}", server_url, outcome.cause),
              "Start plenumd, or pass another address with --server or PLENUM_SERVER."};
    case HttpEnd::timed_out:
      return {ErrorCode::unreachable, fmt::format("the server at {} did not respond in time", server_url)};
    default:
      return {ErrorCode::unreachable, fmt::format("the connection to {} was lost{}{}", server_url,
                                                  outcome.cause.empty() ? "" : ": ", outcome.cause)};
  }
}

}  // namespace plenum::client
