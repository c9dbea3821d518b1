#include "server/http/message/response.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/json/json_access.h"
#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Response";
  }
}

// `stream-not-found` reads `Stream not found`: the same for every occurrence, as RFC 9457, 3.1.3 requires.
std::string title_of(std::string_view code) {
  std::string title(code);
  std::replace(title.begin(), title.end(), '-', ' ');
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 32);
  return title;
}

constexpr std::chrono::milliseconds retry_after_default{1000};
constexpr std::size_t copied_body_bytes_max = 64 * 1024;

}  // namespace

Response& Response::header(std::string_view name, std::string_view value) {
  const bool good_name = !name.empty() && std::all_of(name.begin(), name.end(), is_token_byte);
  if (!good_name || !is_header_value(value)) return *this;
  for (auto& [known, old] : headers_) {
    if (!equal_ignoring_case(known, name)) continue;
    // Each part of the server that selects the response by a request header adds that header.
    if (equal_ignoring_case(name, "Vary")) {
      if (!list_has(old, lower_case(value))) old.append(", ").append(value);
    } else {
      old = value;
    }
    return *this;
  }
  headers_.emplace_back(name, value);
  return *this;
}

void Response::scrub(const redaction::Scrubber& scrubber) {
  if (!shared_) scrubber.scrub(body_);
  for (auto& [name, value] : headers_) scrubber.scrub(value);
}

std::string_view Response::header_value(std::string_view name) const {
  for (const auto& [known, value] : headers_) {
    if (lower_case(known) == lower_case(name)) return value;
  }
  return {};
}

Response json_response(int status, const Json& body) { return Response(status, "application/json", dump_json(body)); }

Response problem(const Error& error, const ProblemDetails& details) {
  const int status = details.status.value_or(row_of(error.code).http);
  const bool waits = row_of(error.code).retry == Retry::later;
  const auto wait = error.retry_after.value_or(retry_after_default);
  Json body;
  body["type"] = "urn:plenum:problem:" + std::string(error.name());
  body["title"] = title_of(error.name());
  body["status"] = status;
  body["detail"] = error.message;
  body["code"] = error.name();
  body["remedy"] = error.advice();
  if (!details.stream_id.empty()) body["stream_id"] = details.stream_id;
  for (const auto& fault : details.faults) {
    body["errors"].push_back(Json{{"pointer", fault.pointer}, {"detail", fault.detail}});
  }
  if (waits) body["retry_after_ms"] = wait.count();
  Response response(status, "application/problem+json", dump_json(body));
  if (waits) {
    response.header("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  }
  return response;
}

Response plain_text(Response response) {
  if (response.content_type() != "application/problem+json") return response;
  const auto body = parse_json(response.body());
  Response plain(response.status(), "text/plain; charset=utf-8", body ? text_at(*body, "detail") : std::string());
  for (const auto& [name, value] : response.headers()) plain.header(name, value);
  if (response.closes()) plain.closing();
  return plain;
}

void add_common_headers(Response& response, std::string_view request_id, const redaction::Scrubber& scrubber) {
  if (response.content_type() == "application/problem+json" && response.body().ends_with('}')) {
    // A problem document is a non-empty JSON object, so its last byte is its closing brace.
    std::string body = response.body();
    body.pop_back();
    body.append(",\"request_id\":").append(dump_json(Json(request_id))).append("}");
    response.replace_body(std::move(body));
  }
  response.header("X-Request-Id", request_id);
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Cache-Control", "no-store");
  response.scrub(scrubber);
}

std::string serialize_head(const Response& response, ResponseFraming framing) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status(), reason_phrase(response.status()));
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type().empty() && !response.bodyless()) line("Content-Type", response.content_type());
  for (const auto& [name, value] : response.headers()) line(name, value);
  if (!response.bodyless() && !response.unbounded()) line("Content-Length", std::to_string(response.content_length()));
  if (!framing.keep_alive || response.closes()) {
    line("Connection", "close");
  } else if (framing.http_1_0) {
    line("Connection", "keep-alive");
  }
  out.append("\r\n");
  return out;
}

std::string serialize(const Response& response, ResponseFraming framing) {
  std::string out = serialize_head(response, framing);
  if (!framing.head_only && !response.bodyless()) out.append(response.body());
  return out;
}

SerializedResponse with_body(std::string head, Response response, ResponseFraming framing) {
  SerializedResponse out{std::move(head), framing.keep_alive && !response.closes()};
  if (framing.head_only || response.bodyless()) return out;
  if (response.shared()) {
    out.body = response.shared();
  } else if (response.body().size() > copied_body_bytes_max) {
    out.body = std::make_shared<SharedBody>(SharedBody{response.take_body(), {}});
  } else {
    out.bytes.append(response.body());
  }
  out.pieces = response.pieces();
  return out;
}

std::string serialize_error(Response response, std::string_view request_id, const redaction::Scrubber& scrubber,
                            bool head_only) {
  add_common_headers(response, request_id, scrubber);
  return serialize(response, {.head_only = head_only});
}

}  // namespace plenum::http
