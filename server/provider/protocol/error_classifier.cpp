#include "server/provider/protocol/error_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/base/utf8.h"
#include "server/provider/protocol/error_body.h"
#include "server/provider/protocol/json_reader.h"

namespace plenum::protocol {

namespace {

struct Word {
  std::string_view word;
  ErrorCode code;
  bool vague = false;  // put beside any status: a status that says more goes before it
};

// Words that providers put into type, code or error_type. They are stable where statuses are not, so
// they are asked first. The first row that is part of the provider's word wins.
constexpr Word words[] = {
    {"insufficient_quota", ErrorCode::billing},
    {"billing", ErrorCode::billing},
    {"payment_required", ErrorCode::billing},
    {"rate_limit", ErrorCode::rate_limit},
    {"RESOURCE_EXHAUSTED", ErrorCode::rate_limit},
    {"too_many_requests", ErrorCode::rate_limit},
    {"overloaded", ErrorCode::overloaded},
    {"insufficient_system_resource", ErrorCode::overloaded},
    {"unavailable_error", ErrorCode::overloaded},
    {"UNAVAILABLE", ErrorCode::overloaded},
    {"provider_unavailable", ErrorCode::transport},
    {"authentication", ErrorCode::authentication},
    {"invalid_api_key", ErrorCode::authentication},
    {"API_KEY_INVALID", ErrorCode::authentication},
    {"UNAUTHENTICATED", ErrorCode::authentication},
    {"permission", ErrorCode::authentication},
    {"PERMISSION_DENIED", ErrorCode::authentication},
    {"content_policy", ErrorCode::content_filter},
    {"content_filter", ErrorCode::content_filter},
    {"moderation", ErrorCode::content_filter},
    {"refusal", ErrorCode::content_filter},
    {"timeout", ErrorCode::timeout},
    {"DEADLINE_EXCEEDED", ErrorCode::timeout},
    {"context_length", ErrorCode::invalid_request},
    {"max_tokens_exceeded", ErrorCode::invalid_request},
    {"token_limit_exceeded", ErrorCode::invalid_request},
    {"string_too_long", ErrorCode::invalid_request},
    {"request_too_large", ErrorCode::invalid_request},
    {"not_found", ErrorCode::invalid_request, true},
    {"NOT_FOUND", ErrorCode::invalid_request, true},
    {"INVALID_ARGUMENT", ErrorCode::invalid_request, true},
    {"FAILED_PRECONDITION", ErrorCode::invalid_request, true},
    {"invalid_request", ErrorCode::invalid_request, true},
    {"server_error", ErrorCode::server, true},
    {"api_error", ErrorCode::server, true},
};

const Word* word_in(std::string_view kind) {
  const auto* found = std::find_if(std::begin(words), std::end(words),
                                   [kind](const Word& row) { return kind.find(row.word) != kind.npos; });
  return found == std::end(words) ? nullptr : found;
}

ErrorCode class_of_status(int status, const ErrorBody& body) {
  switch (status) {
    case 401:
      return ErrorCode::authentication;
    case 402:
      return ErrorCode::billing;
    case 403:
      return body.flagged ? ErrorCode::content_filter : ErrorCode::authentication;
    case 408:
    case 504:
      return ErrorCode::timeout;
    case 429:
      return ErrorCode::rate_limit;
    case 502:
      return ErrorCode::transport;
    case 503:
    case 529:
      return ErrorCode::overloaded;
    default:
      return status >= 500 ? ErrorCode::server : ErrorCode::invalid_request;
  }
}

// 401 and 529 are what they are whatever words stand beside them; elsewhere a clear word says more than
// the status: insufficient_quota is a 429 that waiting does not cure.
ErrorCode class_of(int status, const ErrorBody& body) {
  if (status == 401 || status == 529) return class_of_status(status, body);
  const auto* word = word_in(body.kind);
  if (word != nullptr && (!word->vague || status == 0)) return word->code;
  return status == 0 ? ErrorCode::server : class_of_status(status, body);
}

// The words of a page, without its tags. All of them: only scrubbed() cuts, when no key is left in them.
std::string without_tags(std::string_view page) {
  std::string text;
  bool in_tag = false;
  for (const char c : page) {
    if (c == '<') in_tag = true;
    const bool blank = in_tag || c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank) text.push_back(c);
    if (blank && !text.empty() && text.back() != ' ') text.push_back(' ');
    if (c == '>') in_tag = false;
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

constexpr std::string_view broke_off = "the answer broke off with an error";

}  // namespace

Error failure_of_status(int status, std::string_view text) {
  const auto body = error_body(text);
  const auto said = body ? body->message : without_tags(text);
  const auto read = body.value_or(ErrorBody{});
  return Error{class_of(status, read),
               said.empty() ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}: {}", status, said),
               {},
               read.retry_after};
}

Error failure_in_stream(std::string_view json) {
  auto failure = failure_in(json);
  return failure ? *std::move(failure) : Error{ErrorCode::server, fmt::format("{}: {}", broke_off, json)};
}

std::optional<Error> failure_in(std::string_view json) {
  const auto body = error_body(json);
  if (!body) return std::nullopt;
  return Error{class_of(body->status, *body), fmt::format("{}: {}", broke_off, body->message), {}, body->retry_after};
}

std::optional<Error> failure_among(std::string_view lines) {
  for (auto at = lines.find('{'); at != lines.npos; at = lines.find('{')) {
    lines.remove_prefix(at);
    JsonReader walk(lines);
    walk.skip();
    if (walk.failed()) break;
    const auto rest = walk.rest();
    const auto object = lines.substr(0, lines.size() - rest.size());
    if (object.find("\"error\"") != object.npos) {
      if (auto failure = failure_in(object)) return failure;
    }
    lines = rest;
  }
  return std::nullopt;
}

std::string scrubbed(std::string_view text, const redaction::Scrubber& scrubber) {
  std::string clean = repaired_utf8(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }, ' ');
  scrubber.scrub_message(clean);
  return std::string(utf8_prefix(clean, message_bytes_max));
}

}  // namespace plenum::protocol
