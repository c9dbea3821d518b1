#include "server/provider/protocol/errors/error_body.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds day = std::chrono::hours(24);

const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const Json* object_member(const Json& object, const char* name) {
  const auto* found = member(object, name);
  return found != nullptr && found->is_object() ? found : nullptr;
}

std::string text_of(const Json& object, const char* name) {
  const auto* found = member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

void add_kind(ErrorBody& body, const Json& object, const char* name) {
  const auto* found = member(object, name);
  if (found == nullptr) return;
  if (found->is_string()) body.kind.append(found->get_ref<const std::string&>()).append(" ");
  if (found->is_number_integer()) {
    const auto number = found->get<std::int64_t>();
    if (number >= 400 && number <= 599) body.status = static_cast<int>(number);
  }
}

milliseconds bounded(double ms) { return milliseconds(static_cast<std::int64_t>(std::clamp(ms, 0.0, 8.64e7))); }

// A wait as a number of seconds, or as text.
std::optional<milliseconds> wait_of(const Json& object, const char* name) {
  const auto* found = member(object, name);
  if (found == nullptr) return std::nullopt;
  if (found->is_number()) return bounded(found->get<double>() * 1000);
  return found->is_string() ? leading_duration(found->get_ref<const std::string&>()) : std::nullopt;
}

// Appends what the message does not contain already, such as the field that names the rejected parameter.
void add_to_message(ErrorBody& body, std::string_view what) {
  if (what.empty() || body.message.find(what) != std::string::npos) return;
  body.message.append(body.message.empty() ? "" : "; ").append(what);
}

// google.rpc.BadRequest.
void read_field_violations(ErrorBody& body, const Json& violations) {
  for (const auto& violation : violations) {
    if (!violation.is_object()) continue;
    add_to_message(body, text_of(violation, "field"));
    add_to_message(body, text_of(violation, "description"));
  }
}

// Google's details. An exhausted daily quota takes precedence over a shorter retryDelay.
void read_google_details(ErrorBody& body, const Json& details) {
  bool daily = false;
  for (const auto& detail : details) {
    if (!detail.is_object()) continue;
    add_kind(body, detail, "reason");
    if (const auto wait = wait_of(detail, "retryDelay")) body.retry_after = wait;
    if (const auto* fields = member(detail, "fieldViolations"); fields != nullptr && fields->is_array()) {
      read_field_violations(body, *fields);
    }
    const auto* violations = member(detail, "violations");
    if (violations == nullptr || !violations->is_array()) continue;
    for (const auto& violation : *violations) {
      daily |= violation.is_object() && text_of(violation, "quotaId").find("PerDay") != std::string::npos;
    }
  }
  if (daily) body.retry_after = day;
}

void read_openrouter_metadata(ErrorBody& body, const Json& metadata) {
  add_kind(body, metadata, "error_type");
  body.flagged = metadata.contains("flagged_input") || metadata.contains("reasons");
  // OpenRouter's message is "Provider returned error"; `raw` has the message of the provider.
  if (const auto raw = text_of(metadata, "raw"); !raw.empty()) body.message += ": " + raw;
}

std::optional<milliseconds> wait_in_message(std::string_view message) {
  constexpr std::string_view before = "try again in ";
  if (message.find("free-models-per-day") != std::string_view::npos) return day;  // OpenRouter
  const auto at = message.find(before);
  return at == std::string_view::npos ? std::nullopt : leading_duration(message.substr(at + before.size()));
}

// FastAPI's list of {"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}, without the echoed `input`.
std::string text_of_details(const Json& details) {
  std::string text;
  for (const auto& detail : details) {
    if (!detail.is_object()) continue;
    std::string path;
    if (const auto* loc = member(detail, "loc"); loc != nullptr && loc->is_array()) {
      for (const auto& part : *loc) {
        if (part.is_string()) path.append(path.empty() ? "" : ".").append(part.get_ref<const std::string&>());
      }
    }
    text.append(text.empty() ? "" : "; ").append(path).append(path.empty() ? "" : ": ").append(text_of(detail, "msg"));
  }
  return text;
}

// Mistral nests {"detail": [...]} in its message.
std::string message_of(const Json& error) {
  const auto* nested = object_member(error, "message");
  const auto* details = nested == nullptr ? nullptr : member(*nested, "detail");
  return details != nullptr && details->is_array() ? text_of_details(*details) : text_of(error, "message");
}

ErrorBody read_object(const Json& error) {
  ErrorBody body;
  body.message = message_of(error);
  if (const auto* metadata = object_member(error, "metadata")) read_openrouter_metadata(body, *metadata);
  const auto* details = member(error, "details");
  if (details != nullptr && details->is_array()) read_google_details(body, *details);
  for (const auto* name : {"code", "type", "status"}) add_kind(body, error, name);
  if (!body.retry_after) body.retry_after = wait_of(error, "retry_after");
  if (!body.retry_after) body.retry_after = wait_in_message(body.message);
  if (body.message.empty()) body.message = body.kind;
  add_to_message(body, text_of(error, "param"));  // OpenAI
  return body;
}

bool states_something(const Json& value) {
  const auto text = dump_json(value);
  JsonReader reader(text);
  return skip_statement(reader);
}

ErrorBody read_error(const Json& error) {
  if (error.is_object()) return read_object(error);
  if (error.is_array()) return ErrorBody{text_of_details(error), {}, 0, false, {}};
  return ErrorBody{error.is_string() ? error.get<std::string>() : dump_json(error), {}, 0, false, {}};
}

// The error in a body, in any of the known formats.
std::optional<ErrorBody> find_in(const Json& body) {
  if (body.is_array()) return body.empty() ? std::nullopt : find_in(body.front());
  if (!body.is_object()) return std::nullopt;
  for (const auto* name : {"error", "detail"}) {
    const auto* found = member(body, name);
    if (found != nullptr && states_something(*found)) return read_error(*found);
  }
  for (const auto* list : {"choices", "candidates"}) {
    const auto* choices = member(body, list);
    if (choices == nullptr || !choices->is_array()) continue;
    for (const auto& choice : *choices) {
      const auto* found = choice.is_object() ? member(choice, "error") : nullptr;
      if (found != nullptr && states_something(*found)) return read_error(*found);
    }
  }
  if (const auto* groq = object_member(body, "x_groq"); groq != nullptr && groq->contains("error"))
    return find_in(*groq);
  if (const auto* message = member(body, "message"); message != nullptr && !message->is_null())
    return read_object(body);
  return std::nullopt;
}

double unit_ms(std::string_view unit) {
  if (unit == "ms" || unit.starts_with("milli")) return 1;
  if (unit.starts_with("s")) return 1'000;
  if (unit.starts_with("m")) return 60'000;
  if (unit.starts_with("h")) return 3'600'000;
  return unit.starts_with("d") ? 86'400'000 : 0;
}

}  // namespace

std::optional<ErrorBody> error_body(std::string_view json) {
  JsonReader reader(json);
  reader.skip();
  if (!reader.finished()) return std::nullopt;  // usually HTML; not worth building a tree
  const auto parsed = parse_json(repaired_utf8(json));
  return parsed ? find_in(*parsed) : std::nullopt;
}

std::optional<milliseconds> leading_duration(std::string_view text) {
  double total_ms = 0;
  bool any = false;
  while (!text.empty()) {
    double count = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (fault != std::errc() || !(count >= 0)) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto letters = std::find_if(text.begin(), text.end(), [](char c) { return c < 'a' || c > 'z'; });
    const auto unit = text.substr(0, static_cast<std::size_t>(letters - text.begin()));
    const double ms = unit_ms(unit);
    if (ms == 0) break;
    total_ms += count * ms;
    any = true;
    text.remove_prefix(unit.size());
  }
  return any ? std::optional(bounded(total_ms)) : std::nullopt;
}

}  // namespace plenum::protocol
