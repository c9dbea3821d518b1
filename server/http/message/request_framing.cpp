// The rules of request framing. Most request smuggling begins with a body whose end two programs read differently.
#include "server/http/message/request_framing.h"

#include <algorithm>
#include <charconv>

#include "common/protocol/api_paths.h"
#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// A coding that cannot be decoded, or whose end cannot be found, is rejected: a proxy could have found another end.
std::optional<RejectedRequest> read_transfer_coding(RequestHead& head) {
  if (!head.has("transfer-encoding")) return {};
  if (head.http_1_0) return malformed("An HTTP/1.0 request must not have a Transfer-Encoding.");
  if (head.has("content-length"))
    return malformed("A request must not have both Content-Length and Transfer-Encoding.");
  const auto coding = lower_case(head.header("transfer-encoding"));
  head.chunked = coding == "chunked";
  if (head.chunked) return {};
  std::string_view last;
  int chunked = 0;
  each_item(coding, [&](std::string_view item) {
    last = item;
    chunked += item == "chunked" ? 1 : 0;
    return true;
  });
  // RFC 9112, 6.3: unless chunked is the last coding, and applied once, the end of the body is unknown.
  if (last != "chunked" || chunked > 1) return malformed("Transfer-Encoding must be `chunked`.");
  return rejected(ErrorCode::not_implemented, "The only supported transfer coding is `chunked`.",
                  "Send the body without another coding.");
}

// The length of the body: the value on which server, proxy and client must agree.
std::optional<RejectedRequest> read_length(RequestHead& head, const HeadLimits& limits) {
  head.has_length = head.has("content-length");
  if (!head.has_length) return {};
  const auto digits = head.header("content-length");
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return malformed("Content-Length must be decimal digits.");
  }
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), head.body_bytes);
  const bool too_large = parsed.ec != std::errc{} || head.body_bytes > limits.body_bytes_max;
  if (!head.may_have_body() && (too_large || head.body_bytes > 0)) {
    return body_not_allowed(head.method);
  }
  if (too_large) {
    return rejected(ErrorCode::payload_too_large,
                    "The body is larger than " + std::to_string(limits.body_bytes_max) + " bytes.");
  }
  return {};
}

std::optional<RejectedRequest> check_media(const RequestHead& head) {
  const auto coding = head.header("content-encoding");
  if (!coding.empty() && lower_case(coding) != "identity") {
    return rejected(ErrorCode::unsupported_media_type, "Content-Encoding is not supported.",
                    "Send the body without Content-Encoding.");
  }
  // A chunked body may turn out to be empty, as that of a bodyless HTTP/2 request behind a proxy; it then has no type.
  const bool may_be_empty = head.chunked && !head.has("content-type") && !head.expects_continue;
  if (head.body_bytes == 0 && (!head.chunked || may_be_empty)) return {};
  return check_content_type(head);
}

// RFC 9110, 10.1.1: a server that receives the expectation in an HTTP/1.0 request must ignore it.
std::optional<RejectedRequest> read_expectation(RequestHead& head) {
  if (head.http_1_0) return {};
  bool known = true;
  each_item(head.header("expect"), [&](std::string_view item) {
    known = lower_case(item) == "100-continue";
    head.expects_continue = known;
    return known;
  });
  if (known) return {};
  return RejectedRequest{417, Error{ErrorCode::bad_request, "The only supported expectation is `100-continue`.",
                                    "Send the request without this Expect header."}};
}

}  // namespace

std::optional<RejectedRequest> read_framing(RequestHead& head, const HeadLimits& limits) {
  if (auto error = read_transfer_coding(head)) return error;
  if (auto error = read_length(head, limits)) return error;
  if (auto error = read_expectation(head)) return error;
  return check_media(head);
}

RejectedRequest body_not_allowed(Method method) {
  return malformed("A " + std::string(name_of(method)) + " request must not have a body.");
}

std::optional<RejectedRequest> check_content_type(const RequestHead& head) {
  // llm-sse reads JSON of any type. Requests of foreign origins are rejected by their Origin.
  if (api::is_process(head.path)) return {};
  const auto type = head.header("content-type");
  if (lower_case(trimmed(type.substr(0, type.find(';')))) == "application/json") return {};
  return rejected(ErrorCode::unsupported_media_type, "The body must be JSON.",
                  "Send `Content-Type: application/json`.");
}

}  // namespace plenum::http
