#include "server/provider/protocol/errors/error_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/provider/protocol/errors/error_body.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

struct ErrorType {
  std::string_view text;
  ErrorCode code;
  bool generic = false;  // used with any status: a more specific status takes precedence
};

// Values of type, code and error_type. They are more stable than statuses, so they take precedence. The first row that
// is a substring of the value applies.
constexpr ErrorType error_types[] = {
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

const ErrorType* error_type_in(std::string_view kind) {
  const auto* found = std::find_if(std::begin(error_types), std::end(error_types),
                                   [kind](const ErrorType& row) { return kind.find(row.text) != kind.npos; });
  return found == std::end(error_types) ? nullptr : found;
}

ErrorCode code_of_status(int status, const ErrorBody& body) {
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

// 401 and 529 take precedence over any type; elsewhere a specific type takes precedence over the status:
// insufficient_quota is a 429 that waiting does not resolve.
ErrorCode code_of(int status, const ErrorBody& body) {
  if (status == 401 || status == 529) return code_of_status(status, body);
  const auto* type = error_type_in(body.kind);
  if (type != nullptr && (!type->generic || status == 0)) return type->code;
  return status == 0 ? ErrorCode::server : code_of_status(status, body);
}

// The text of a page without its tags. Not truncated: user_facing_message() does that after redaction.
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

bool contains_any(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [text](std::string_view phrase) { return text.find(phrase) != text.npos; });
}

// Empty: the remedy of the class.
std::string remedy_of(ErrorCode code, int status, const ErrorBody& body) {
  if (code != ErrorCode::invalid_request) return {};
  const std::string_view message = body.message;
  if (status == 413 || contains_any(body.kind, {"context_length", "token_limit", "too_large", "too_long"}) ||
      contains_any(message, {"context length", "context window", "context limit", "too long"})) {
    return "Shorten the task, its attachments or the conversation, or use a model with a larger context window.";
  }
  const bool about_model = contains_any(message, {"model", "Model", "No endpoints found"});
  if (status == 404 && !about_model) {
    return "Check the path of base_url: the provider has no API there. That of most compatible servers ends with /v1.";
  }
  if (status == 404 ||
      (about_model && contains_any(message, {"not found", "not exist", "unknown", "Unknown", "No such"}))) {
    return "Check the model name and base_url; `plenum models` lists the configured models.";
  }
  return {};
}

constexpr std::string_view error_prefix = "the provider returned an error";

}  // namespace

Error error_of_status(int status, std::string_view text) {
  const auto parsed = error_body(text);
  const auto message = parsed ? parsed->message : without_tags(text);
  const auto body = parsed.value_or(ErrorBody{});
  const auto code = code_of(status, body);
  return Error{code, message.empty() ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}: {}", status, message),
               remedy_of(code, status, body), body.retry_after};
}

Error error_of_event(std::string_view json) {
  auto error = find_error(json);
  if (error) return *std::move(error);
  return Error{ErrorCode::server,
               is_blank(json) ? std::string(error_prefix) : fmt::format("{}: {}", error_prefix, json)};
}

std::optional<Error> find_error(std::string_view json) {
  const auto body = error_body(json);
  if (!body) return std::nullopt;
  const auto code = code_of(body->status, *body);
  return Error{code, fmt::format("{}: {}", error_prefix, body->message), remedy_of(code, body->status, *body),
               body->retry_after};
}

std::optional<Error> error_of_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || !equal_ignoring_case(trimmed(line.substr(0, colon)), "error")) return std::nullopt;
  const auto value = trimmed(line.substr(colon + 1));
  JsonReader reader(value);
  const bool states = skip_statement(reader);
  if (value.empty() || (reader.finished() && !states)) return std::nullopt;
  return error_of_event(value);
}

// Every vendor has its own words, but all of them name the model, or say "model".
bool is_missing_model(int status, const Error& error, std::string_view model) {
  const bool in_stream = status >= 200 && status <= 299;  // OpenRouter: the first event
  if (error.code != ErrorCode::invalid_request || (status != 404 && status != 400 && status != 410 && !in_stream)) {
    return false;
  }
  const std::string_view message = error.message;
  const bool named =
      (!model.empty() && message.find(model) != message.npos) || contains_any(message, {"model", "Model"});
  if (status == 404 || status == 410) return named;
  return named && contains_any(message, {"not found", "not exist", "Not Exist", "not a valid model", "nvalid model",
                                         "nknown model", "No such model", "no longer", "decommissioned", "retired",
                                         "No endpoints found"});
}

std::string user_facing_message(std::string_view text, const redaction::Scrubber& scrubber) {
  std::string clean = repaired_utf8(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }, ' ');
  scrubber.scrub_message(clean);
  return std::string(utf8_prefix(clean, message_bytes_max));
}

}  // namespace plenum::protocol
