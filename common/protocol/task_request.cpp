#include "common/protocol/task_request.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "common/base/utf8.h"
#include "common/protocol/attachment_fields.h"
#include "common/protocol/field_reader.h"
#include "common/protocol/parameter_fields.h"
#include "common/protocol/task_members.h"

namespace plenum {
namespace {

constexpr std::int64_t deadline_ms_max = 86'400'000;
constexpr std::int64_t abandon_after_s_max = 86'400;
constexpr std::int64_t ttl_s_min = 60, ttl_s_max = 7 * 86'400;

// White space of Unicode (property White_Space), as UTF-8.
bool is_white_space(std::string_view sequence) {
  static constexpr std::string_view beyond_ascii[] = {
      "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",  "\u2007",
      "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000", "\xC2\x85"};
  if (sequence.size() == 1) return sequence[0] == ' ' || (sequence[0] >= '\t' && sequence[0] <= '\r');
  return std::find(std::begin(beyond_ascii), std::end(beyond_ascii), sequence) != std::end(beyond_ascii);
}

bool is_white_space_only(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_step(text).bytes;
    if (!is_white_space(text.substr(0, bytes))) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void read_task(const FieldReader& field, TaskSpec& spec) {
  field.text(spec.task, 1, TaskSpec::task_characters_max);
  if (!spec.task.empty() && is_white_space_only(spec.task)) field.fail("must not be blank");
}

void read_policy(const FieldReader& field, TaskSpec& spec) {
  if (field.value == "continue") {
    spec.on_abandon = OnAbandon::keep_running;
  } else if (field.value == "cancel") {
    spec.on_abandon = OnAbandon::cancel;
  } else {
    field.fail("must be \"continue\" or \"cancel\"");
  }
}

void read_max_cost(const FieldReader& field, TaskSpec& spec) {
  if (!field.value.is_number() || field.value.get<double>() < 0) return field.fail("must be a number of at least 0");
  spec.max_cost_usd = field.value.get<double>();
}

void read_cache(const FieldReader& field, TaskSpec& spec) {
  if (field.value.is_boolean()) {
    spec.cache = field.value.get<bool>() ? CacheUse::similar : CacheUse::none;
  } else if (field.value == "exact") {
    spec.cache = CacheUse::exact;
  } else {
    field.fail("must be true, false or \"exact\"");
  }
}

struct Field {
  std::string_view name;
  void (*read)(const FieldReader& field, TaskSpec& spec);
};

const Field* field_named(std::span<const Field> fields, std::string_view name) {
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  return field != fields.end() ? &*field : nullptr;
}

void read_object(const FieldReader& field, std::span<const Field> fields, std::string_view what, TaskSpec& spec) {
  if (!field.value.is_object()) return field.fail("must be an object");
  for (const auto& [name, value] : field.value.get_ref<const Json::object_t&>()) {
    // Truncated: a name longer than that of any field is unknown, and would make the response as long.
    const FieldReader member = field.at(value, utf8_prefix(name, name_characters_max));
    if (const Field* row = field_named(fields, name)) {
      row->read(member, spec);
    } else {
      member.fail(in_quotes(name) + " is not a field of " + std::string(what));
    }
  }
}

constexpr auto abandon_fields = std::to_array<Field>({
    {"policy", read_policy},
    {"after_s", [](const FieldReader& p, TaskSpec& s) { p.duration(s.abandon_after, 1, abandon_after_s_max); }},
});

constexpr auto task_fields = std::to_array<Field>({
    {"task", read_task},
    {"context", read_context},
    {"workflow", [](const FieldReader& p, TaskSpec& s) { p.text(s.workflow, 1, name_characters_max); }},
    {"council", [](const FieldReader& p, TaskSpec& s) { s.council = p.name(); }},
    {"members", read_members},
    {"fallback", read_fallback},
    {"personas", read_personas},
    {"prior", read_prior},
    {"chairman", [](const FieldReader& p, TaskSpec& s) { s.chairman = p.name(); }},
    {"options", [](const FieldReader& p, TaskSpec& s) { p.object(s.options_json); }},
    {"parameters", read_parameters},
    {"stream", [](const FieldReader& p, TaskSpec& s) { p.flag(s.stream); }},
    {"message_id", [](const FieldReader& p, TaskSpec& s) { p.text(s.message_id, 0, name_characters_max); }},
    {"conversation_id", [](const FieldReader& p, TaskSpec& s) { p.text(s.conversation_id, 0, name_characters_max); }},
    {"deadline_ms", [](const FieldReader& p, TaskSpec& s) { p.duration(s.deadline, 0, deadline_ms_max); }},
    {"member_deadline_ms",
     [](const FieldReader& p, TaskSpec& s) { p.duration(s.member_deadline, 0, deadline_ms_max); }},
    {"max_cost_usd", read_max_cost},
    {"on_abandon", [](const FieldReader& p, TaskSpec& s) { read_object(p, abandon_fields, "on_abandon", s); }},
    {"cache", read_cache},
    {"ttl_s", [](const FieldReader& p, TaskSpec& s) { p.duration(s.ttl, ttl_s_min, ttl_s_max); }},
    {"metadata", [](const FieldReader& p, TaskSpec& s) { p.object(s.metadata_json); }},
});

// Adds a non-empty object. A text that is no JSON object is omitted: the server would reject it.
void add_object(Json& body, const char* key, const std::string& json) {
  auto object = parse_json(json);
  if (object && object->is_object() && !object->empty()) body[key] = *std::move(object);
}

}  // namespace

TaskRequest parse_task_request(std::string_view body) {
  TaskRequest request;
  auto json = parse_json(body, {.depth_max = 64, .reject_duplicate_keys = true});
  if (!json) {
    request.is_json = false;
    request.faults.push_back({"", std::move(json.error().message)});
    return request;
  }
  ValidationErrors errors;
  TaskSpec spec;
  read_object(FieldReader{*json, "", errors}, task_fields, "a task", spec);
  if (json->is_object() && member_of(*json, "task") == nullptr) errors.add("/task", "is missing");
  request.faults = errors.take();
  if (request.faults.empty()) request.spec = std::move(spec);
  return request;
}

std::string task_request_body(const TaskSpec& spec) {
  const TaskSpec defaults;
  Json body = Json::object();
  body["task"] = spec.task;
  add_object(body, "context", spec.context_json);
  if (spec.workflow != defaults.workflow) body["workflow"] = spec.workflow;
  if (!spec.council.empty()) body["council"] = spec.council;
  if (!spec.members.empty()) body["members"] = spec.members;
  if (!spec.chairman.empty()) body["chairman"] = spec.chairman;
  for (const auto& [member, chain] : spec.fallback) body["fallback"][member] = chain;
  for (const auto& [name, system] : spec.personas) body["personas"][name] = system;
  if (!spec.prior.stream_id.empty()) body["prior"]["stream_id"] = spec.prior.stream_id;
  if (!spec.prior.question.empty()) body["prior"] = {{"question", spec.prior.question}, {"answer", spec.prior.answer}};
  add_object(body, "options", spec.options_json);
  if (!spec.parameters.empty()) body["parameters"] = to_json(spec.parameters);
  if (spec.stream != defaults.stream) body["stream"] = spec.stream;
  if (!spec.message_id.empty()) body["message_id"] = spec.message_id;
  if (!spec.conversation_id.empty()) body["conversation_id"] = spec.conversation_id;
  if (spec.deadline != defaults.deadline) body["deadline_ms"] = spec.deadline.count();
  if (spec.member_deadline != defaults.member_deadline) body["member_deadline_ms"] = spec.member_deadline.count();
  if (spec.max_cost_usd != defaults.max_cost_usd) body["max_cost_usd"] = spec.max_cost_usd;
  if (spec.on_abandon != defaults.on_abandon || spec.abandon_after != defaults.abandon_after) {
    body["on_abandon"]["policy"] = spec.on_abandon == OnAbandon::cancel ? "cancel" : "continue";
    body["on_abandon"]["after_s"] = spec.abandon_after.count();
  }
  if (spec.cache == CacheUse::none) body["cache"] = false;
  if (spec.cache == CacheUse::exact) body["cache"] = "exact";
  if (spec.ttl != defaults.ttl) body["ttl_s"] = spec.ttl.count();
  add_object(body, "metadata", spec.metadata_json);
  return dump_json(body);
}

}  // namespace plenum
