#include "common/base/error.h"

#include <array>
#include <cstddef>

namespace plenum {
namespace {

using enum ErrorCode;

// Exit codes of the client (docs/client.md, "Exit codes"); 3 is a degraded result, which is no error.
constexpr int exit_failed = 1, exit_usage = 2, exit_denied = 4, exit_unreachable = 5, exit_not_found = 6,
              exit_timeout = 124, exit_cancelled = 130;

constexpr std::array error_table = std::to_array<ErrorRow>({
    {bad_request, "bad-request", 400, Retry::never, exit_usage,
     "Correct the request; the detail names the invalid part."},
    {invalid_cursor, "invalid-cursor", 400, Retry::never, exit_usage,
     "Read again without a cursor, or with the id of the last event received from this stream."},
    {unauthorized, "unauthorized", 401, Retry::never, exit_denied,
     "Send a valid key as `Authorization: Bearer <key>`."},
    {forbidden, "forbidden", 403, Retry::never, exit_denied,
     "Use a key with this permission, or request it from the operator."},
    {bad_origin, "bad-origin", 403, Retry::never, exit_denied,
     "Add the page's origin to the allowed_origins setting of the server."},
    {bad_host, "bad-host", 403, Retry::never, exit_denied,
     "Use a host name that the server allows, or add this one to its allowed_hosts setting."},
    {not_found, "not-found", 404, Retry::never, exit_not_found, "Check the path against the list of routes."},
    {method_not_allowed, "method-not-allowed", 405, Retry::never, exit_usage,
     "Use one of the methods named in the Allow header."},
    {stream_not_found, "stream-not-found", 404, Retry::never, exit_not_found,
     "Check the stream id; GET /api/stream/tasks lists your own streams."},
    {request_timeout, "request-timeout", 408, Retry::now, exit_timeout,
     "Send the whole request without pauses on a new connection."},
    {stream_gone, "stream-gone", 410, Retry::never, exit_not_found,
     "The task was deleted or has expired; submit it again."},
    {cursor_expired, "cursor-expired", 410, Retry::never, exit_not_found,
     "Read again with gap=snapshot, or without a cursor."},
    {length_required, "length-required", 411, Retry::never, exit_usage,
     "Send a body, with Content-Length or with Transfer-Encoding: chunked."},
    {payload_too_large, "payload-too-large", 413, Retry::never, exit_usage,
     "Send a smaller body; the detail names the limit."},
    {uri_too_long, "uri-too-long", 414, Retry::never, exit_usage, "Shorten the URL of the request."},
    {unsupported_media_type, "unsupported-media-type", 415, Retry::never, exit_usage,
     "Send the body as `Content-Type: application/json`."},
    {validation_failed, "validation-failed", 422, Retry::never, exit_usage,
     "Correct every field that is listed in `errors`."},
    {idempotency_key_reuse, "idempotency-key-reuse", 422, Retry::never, exit_usage,
     "Use a new Idempotency-Key for a different body."},
    {quota_exceeded, "quota-exceeded", 429, Retry::later, exit_unreachable,
     "Wait for the time in Retry-After, or request a higher quota from the operator."},
    {too_many_connections, "too-many-connections", 429, Retry::later, exit_unreachable,
     "Close unused connections, then try again."},
    {headers_too_large, "headers-too-large", 431, Retry::never, exit_usage, "Send fewer or shorter header fields."},

    {internal, "internal", 500, Retry::later, exit_failed,
     "Try again; if the error persists, report it with the request id."},
    {not_implemented, "not-implemented", 501, Retry::never, exit_usage,
     "Use a route and options that this server supports."},
    {busy, "busy", 503, Retry::later, exit_unreachable, "Wait for the time in Retry-After and try again."},
    {draining, "draining", 503, Retry::later, exit_unreachable,
     "The server is shutting down; try again after the time in Retry-After."},
    {store_unavailable, "store-unavailable", 503, Retry::later, exit_unreachable,
     "Wait for the time in Retry-After and try again; GET /readyz reports the state of the server's disk."},
    {store_full, "store-full", 507, Retry::later, exit_unreachable,
     "Free space on the server's disk; the server then continues automatically."},
    {stream_damaged, "stream-damaged", 500, Retry::never, exit_failed,
     "The stored stream failed its checksum; submit the task again, or restore the file from a backup."},
    {version_not_supported, "version-not-supported", 505, Retry::never, exit_usage, "Use HTTP/1.1."},

    {authentication, "authentication", 502, Retry::never, exit_denied,
     "Check the provider's key: the provider rejected it."},
    {billing, "billing", 502, Retry::never, exit_failed,
     "Add credit to the provider's account, or choose another member."},
    {rate_limit, "rate_limit", 503, Retry::later, exit_failed,
     "Wait for the provider's rate limit to reset, or choose another member."},
    {overloaded, "overloaded", 503, Retry::later, exit_failed,
     "Try again later, or choose another member: the provider is overloaded."},
    {timeout, "timeout", 504, Retry::now, exit_timeout,
     "Try again, or raise the member's deadline: the provider did not respond in time."},
    {transport, "transport", 502, Retry::now, exit_failed,
     "Check the network and the provider's base_url, then try again."},
    {invalid_request, "invalid_request", 502, Retry::never, exit_failed,
     "Change the request as the message of the provider requires, or choose another member."},
    {content_filter, "content_filter", 502, Retry::never, exit_failed,
     "Rephrase the task, or choose another member: the provider's content filter blocked the answer."},
    {truncated, "truncated", 502, Retry::now, exit_failed,
     "Try again: the provider's answer broke off before its end."},
    {server, "server", 502, Retry::later, exit_failed,
     "Try again later, or choose another member: the provider failed."},
    {malformed, "malformed", 502, Retry::never, exit_failed,
     "Check that the provider's kind and base_url match: its response does not have the expected format."},

    {no_usable_answer, "no_usable_answer", 502, Retry::later, exit_failed,
     "See each member's error in the result, and try again with other members."},
    {deadline_exceeded, "deadline_exceeded", 504, Retry::never, exit_timeout,
     "Raise deadline_ms, or use fewer members or rounds."},
    {stream_limit, "stream_limit", 507, Retry::never, exit_failed,
     "Request shorter answers or fewer members, or raise the stream_bytes_max or stream_events_max setting of the "
     "server."},
    {cost_limit, "cost_limit", 402, Retry::never, exit_failed,
     "Raise max_cost_usd, or use fewer or cheaper members; the result contains the partial output."},
    {cancelled, "cancelled", 409, Retry::never, exit_cancelled,
     "Submit the task again if it is still needed; the result contains the partial output."},
    {interrupted, "interrupted", 503, Retry::never, exit_failed,
     "Run `plenum retry` to run the task again with its completed steps reused; the result contains the partial "
     "output."},

    {usage, "usage", 400, Retry::never, exit_usage, "Run the program with --help for its options."},
    {config_invalid, "config_invalid", 500, Retry::never, exit_usage, "Correct the setting named in the message."},
    {workflow_invalid, "workflow_invalid", 500, Retry::never, exit_usage,
     "Correct the workflow file at the line named in the message."},
    {unreachable, "unreachable", 502, Retry::later, exit_unreachable,
     "Check the address, and that the server is running."},
    {frame_too_large, "frame_too_large", 502, Retry::never, exit_failed,
     "Check that the address is that of an event stream: an event exceeded the size limit."},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < error_table.size(); ++i) {
    if (error_table[i].code != static_cast<ErrorCode>(i)) return false;
  }
  return error_table.back().code == frame_too_large;
}
static_assert(in_enum_order(), "rows must be in the order of ErrorCode, one for each code");

}  // namespace

const ErrorRow& row_of(ErrorCode code) { return error_table[static_cast<std::size_t>(code)]; }

std::optional<ErrorCode> error_code_named(std::string_view name) {
  for (const ErrorRow& row : error_table) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace plenum
