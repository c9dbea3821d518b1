#include "server/provider/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/json.h"
#include "common/utf8.h"

namespace plenum::provider {

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
    {"provider_unavailable", ErrorCode::transport},
    {"authentication", ErrorCode::authentication},
    {"invalid_api_key", ErrorCode::authentication},
    {"API_KEY_INVALID", ErrorCode::authentication},
    {"permission", ErrorCode::authentication},
    {"content_policy", ErrorCode::content_filter},
    {"content_filter", ErrorCode::content_filter},
    {"moderation", ErrorCode::content_filter},
    {"refusal", ErrorCode::content_filter},
    {"timeout", ErrorCode::timeout},
    {"context_length", ErrorCode::invalid_request},
    {"max_tokens_exceeded", ErrorCode::invalid_request},
    {"token_limit_exceeded", ErrorCode::invalid_request},
    {"string_too_long", ErrorCode::invalid_request},
    {"not_found", ErrorCode::invalid_request, true},
    {"invalid_request", ErrorCode::invalid_request, true},
    {"server_error", ErrorCode::server, true},
    {"api_error", ErrorCode::server, true},
};

struct Details {
  std::string message;
  std::string kind;  // error_type, type and code, whichever there are, one behind the other
  int status = 0;    // a number given as code
  bool flagged = false;
};

void add_kind(Details& details, const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return;
  if (found->is_string()) details.kind.append(found->get_ref<const std::string&>()).append(" ");
  if (found->is_number_integer()) {
    const auto number = found->get<std::int64_t>();
    if (number >= 400 && number <= 599) details.status = static_cast<int>(number);
  }
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Details details_of_object(const Json& error) {
  Details details;
  details.message = text_of(error, "message");
  if (const auto metadata = error.find("metadata"); metadata != error.end() && metadata->is_object()) {
    add_kind(details, *metadata, "error_type");
    details.flagged = metadata->contains("flagged_input") || metadata->contains("reasons");
    // OpenRouter says "Provider returned error" and keeps what the provider said apart.
    if (const auto raw = text_of(*metadata, "raw"); !raw.empty()) details.message += ": " + raw;
  }
  add_kind(details, error, "code");
  add_kind(details, error, "type");
  add_kind(details, error, "status");
  if (details.message.empty()) details.message = details.kind;
  return details;
}

// The error inside a body, in any of the shapes that are in use.
std::optional<Details> details_in(const Json& body) {
  if (body.is_array()) return body.empty() ? std::nullopt : details_in(body.front());
  if (!body.is_object()) return std::nullopt;
  for (const auto* name : {"error", "detail"}) {
    const auto found = body.find(name);
    if (found == body.end()) continue;
    if (found->is_object()) return details_of_object(*found);
    if (found->is_string()) return Details{found->get<std::string>(), {}, 0, false};
  }
  if (const auto choices = body.find("choices"); choices != body.end() && choices->is_array()) {
    for (const auto& choice : *choices) {
      if (choice.is_object() && choice.contains("error")) return details_in(choice);
    }
  }
  if (body.contains("message")) return details_of_object(body);
  return std::nullopt;
}

const Word* word_in(std::string_view kind) {
  const auto* found = std::find_if(std::begin(words), std::end(words),
                                   [kind](const Word& row) { return kind.find(row.word) != kind.npos; });
  return found == std::end(words) ? nullptr : found;
}

ErrorCode class_of_status(int status, const Details& details) {
  switch (status) {
    case 401:
      return ErrorCode::authentication;
    case 402:
      return ErrorCode::billing;
    case 403:
      return details.flagged ? ErrorCode::content_filter : ErrorCode::authentication;
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
ErrorCode class_of(int status, const Details& details) {
  if (status == 401 || status == 529) return class_of_status(status, details);
  const auto* word = word_in(details.kind);
  if (word != nullptr && (!word->vague || status == 0)) return word->code;
  return status == 0 ? ErrorCode::server : class_of_status(status, details);
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

std::optional<Details> read_details(std::string_view body) {
  const auto json = parse_json(repaired_utf8(body));
  return json ? details_in(*json) : std::nullopt;
}

}  // namespace

Error failure_of_status(int status, std::string_view body) {
  const auto details = read_details(body);
  const auto said = details ? details->message : without_tags(body);
  const auto code = class_of(status, details.value_or(Details{}));
  return Error{code, said.empty() ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}: {}", status, said)};
}

Error failure_in_stream(std::string_view json) {
  const auto details = read_details(json);
  if (!details) return Error{ErrorCode::server, fmt::format("the answer broke off with an error: {}", json)};
  return Error{class_of(details->status, *details),
               fmt::format("the answer broke off with an error: {}", details->message)};
}

std::optional<ErrorCode> failure_of_finish(std::string_view finish_reason) {
  if (finish_reason == "content_filter") return ErrorCode::content_filter;
  if (finish_reason == "insufficient_system_resource") return ErrorCode::overloaded;
  if (finish_reason == "error") return ErrorCode::server;
  return std::nullopt;
}

std::string scrubbed(std::string_view text, const secret::Scrubber& scrubber) {
  std::string clean = repaired_utf8(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }, ' ');
  scrubber.scrub_message(clean);
  return std::string(utf8_prefix(clean, message_bytes_max));
}

}  // namespace plenum::provider
