#include "client/api/error_mapping.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/api/cli_words.h"
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

// One line per validation error: `--member: unknown model`.
std::string validation_lines(const Json& problem) {
  std::string text;
  items_at(problem, "errors", [&](const Json& error) {
    const std::string pointer = text_at(error, "pointer");
    text +=
        fmt::format("\n  {}{}{}", cli_field(pointer), pointer.empty() ? "" : ": ", cli_words(text_at(error, "detail")));
    return true;
  });
  return text;
}

// Error responses of a proxy or of another program: what they mean for the user. Other statuses show only that the
// address is not that of a Plenum server.
struct ForeignStatus {
  int status;
  ErrorCode code;
  std::string_view remedy;
};
constexpr std::string_view no_such_route = "No such route.";  // of the server's router: a wrong path prefix
constexpr std::string_view check_access =
    "Check the address, and the access rules of the proxy: plenum sends no credentials.";
constexpr std::string_view check_backend = "Try again later, and check that plenumd is running behind that proxy.";
constexpr std::string_view check_address =
    "Check --server and PLENUM_SERVER: a proxy or another program is listening at that address.";
constexpr ForeignStatus foreign_statuses[] = {
    {401, ErrorCode::unauthorized, check_access},
    {403, ErrorCode::forbidden, check_access},
    {407, ErrorCode::unauthorized, check_access},
    {413, ErrorCode::payload_too_large, "Send less, or raise the size limit of the proxy."},
    {429, ErrorCode::quota_exceeded, "Wait, then try again; the limit is that of the proxy."},
    {502, ErrorCode::unreachable, check_backend},
    {503, ErrorCode::busy, check_backend},
    {504, ErrorCode::unreachable, check_backend},
};

Error foreign_error(const HttpHead& head, std::string_view server_url) {
  Error error{ErrorCode::unreachable,
              fmt::format("a proxy or another program answered HTTP {} with {} at {}, not a Plenum server", head.status,
                          head.content_type.empty() ? "no content type" : head.content_type, server_url),
              std::string(check_address)};
  for (const ForeignStatus& row : foreign_statuses) {
    if (row.status != head.status) continue;
    error.code = row.code;
    error.remedy = row.remedy;
  }
  error.retry_after = head.retry_after;
  return error;
}

Error redirect(const HttpHead& head, std::string_view server_url) {
  return {ErrorCode::unreachable,
          fmt::format("{} answered HTTP {}, a redirect; redirects are not followed", server_url, head.status),
          "Pass the target address with --server."};
}

}  // namespace

bool is_problem(const HttpHead& head, std::string_view body) {
  if (head.status < 400 || !head.content_type.starts_with("application/problem+json")) return false;
  const Result<Json> problem = parse_json(body);
  return problem && !text_at(*problem, "code").empty();
}

Error foreign_reply(const HttpHead& head, std::string_view server_url) {
  return head.status >= 300 && head.status < 400 ? redirect(head, server_url) : foreign_error(head, server_url);
}

Error error_from_reply(const HttpHead& head, std::string_view body, std::string_view server_url) {
  if (!is_problem(head, body)) return foreign_reply(head, server_url);
  const Result<Json> problem = parse_json(body);

  Error error;
  error.code = error_code_named(text_at(*problem, "code")).value_or(code_for_status(head.status));
  error.message = cli_words(text_at(*problem, "detail"));
  if (error.message.empty()) error.message = text_at(*problem, "title");
  if (error.message.empty()) error.message = fmt::format("the server returned HTTP {}", head.status);
  error.message += validation_lines(*problem);
  error.remedy = cli_remedy(error.code, text_at(*problem, "remedy"));
  if (error.code == ErrorCode::not_found && error.message == no_such_route) {
    error = {ErrorCode::usage,
             fmt::format("there is no Plenum server at {}, only below or above that path", server_url),
             "Check the path of --server and PLENUM_SERVER."};
  }
  error.retry_after = head.retry_after;
  if (const auto wait = number_at(*problem, "retry_after_ms"); wait && !error.retry_after) {
    error.retry_after = milliseconds(std::clamp<std::int64_t>(*wait, 0, 86'400'000));
  }
  const std::string id = text_at(*problem, "request_id");
  if (head.status >= 500 && !id.empty()) error.message += fmt::format(" (request {})", id);
  if (error.code == ErrorCode::internal && id.empty()) {
    error.remedy = "Try again; if the error persists, see the log of the server.";
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
