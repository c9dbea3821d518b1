#include "common/task_spec.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <utility>

#include "common/json_read.h"
#include "common/utf8.h"

namespace plenum {
namespace {

constexpr std::size_t name_characters_max = 200;  // of ids and names
constexpr std::size_t members_max = 64;
constexpr std::size_t chain_members_max = 8;
constexpr std::int64_t deadline_ms_max = 86'400'000;
constexpr std::int64_t abandon_after_s_max = 86'400;
constexpr std::int64_t ttl_s_min = 60, ttl_s_max = 7 * 86'400;
// A body of 1 MiB has room for 100,000 faults; a reader needs the first ones and how many there were.
constexpr std::size_t faults_max = 100;
constexpr std::size_t echo_bytes_max = 64;  // of a foreign name in a detail

std::string in_quotes(std::string_view name) {
  const std::string_view shown = utf8_prefix(name, echo_bytes_max);
  return '"' + std::string(shown) + (shown.size() < name.size() ? "…\"" : "\"");
}

// The number with its thousands apart: 200,000. Not for negative ones.
std::string thousands(std::integral auto number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

class Faults {
 public:
  void add(std::string pointer, std::string detail) {
    if (list_.size() < faults_max) {
      list_.push_back({std::move(pointer), std::move(detail)});
    } else {
      ++more_;
    }
  }
  std::vector<Fault> take() {
    if (more_ > 0) list_.push_back({"", "and " + thousands(more_) + " more faults"});
    return std::move(list_);
  }

 private:
  std::vector<Fault> list_;
  std::size_t more_ = 0;
};

// White space of Unicode (property White_Space), as UTF-8.
bool is_white_space(std::string_view sequence) {
  static constexpr std::string_view beyond_ascii[] = {
      "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",  "\u2007",
      "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000", "\xC2\x85"};
  if (sequence.size() == 1) return sequence[0] == ' ' || (sequence[0] >= '\t' && sequence[0] <= '\r');
  return std::find(std::begin(beyond_ascii), std::end(beyond_ascii), sequence) != std::end(beyond_ascii);
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_step(text).bytes;
    if (!is_white_space(text.substr(0, bytes))) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

// One value of the body at its place, with the rules that more than one field follows.
struct Place {
  const Json& value;
  std::string pointer;
  Faults& faults;

  void fault(std::string detail) const { faults.add(pointer, std::move(detail)); }

  // Leaves into as it is when the value is refused; so do the others.
  void text(std::string& into, std::size_t characters_min, std::size_t characters_max) const {
    if (!value.is_string()) return fault("must be a string");
    const auto& string = value.get_ref<const std::string&>();
    const std::size_t characters = code_points(string);
    if (characters < characters_min) return fault("must not be empty");
    if (characters > characters_max) {
      return fault("must have at most " + thousands(characters_max) + " characters, not " + thousands(characters));
    }
    into = string;
  }

  void flag(bool& into) const {
    if (!value.is_boolean()) return fault("must be true or false");
    into = value.get<bool>();
  }

  template <class Duration>
  void duration(Duration& into, std::int64_t min, std::int64_t max) const {
    const auto number = whole_number(value);
    if (!number || *number < min || *number > max) {
      return fault("must be a whole number from " + thousands(min) + " to " + thousands(max));
    }
    into = Duration(*number);
  }

  void object(std::string& into) const {
    if (!value.is_object()) return fault("must be an object");
    into = dump_json(value);
  }
};

void read_task(const Place& place, TaskSpec& spec) {
  place.text(spec.task, 1, TaskSpec::task_characters_max);
  if (!spec.task.empty() && is_blank(spec.task)) place.fault("must not be only white space");
}

// A name is shown in lists, headings and log lines: what moves a cursor or turns the direction of reading
// could make it look like another. Control characters, and the bidirectional ones of Unicode.
bool shows_as_it_is(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto byte = static_cast<unsigned char>(name[at]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const auto three = name.substr(at, 3);
    if (three >= "\u202A" && three <= "\u202E" && three.size() == 3) return false;
    if (three >= "\u2066" && three <= "\u2069" && three.size() == 3) return false;
  }
  return true;
}

// Empty when it was refused.
std::string read_name(const Place& place) {
  std::string name;
  place.text(name, 1, name_characters_max);
  if (shows_as_it_is(name)) return name;
  place.fault("holds control characters");
  return {};
}

void read_members(const Place& place, TaskSpec& spec) {
  if (!place.value.is_array()) return place.fault("must be an array of strings");
  if (place.value.empty() || place.value.size() > members_max) {
    return place.fault("must have 1 to " + std::to_string(members_max) + " members, not " +
                       thousands(place.value.size()));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < place.value.size(); ++i) {
    const Place item{place.value[i], pointer_to(place.pointer, std::to_string(i)), place.faults};
    std::string member = read_name(item);
    if (member.empty()) continue;  // refused
    if (!seen.insert(member).second) item.fault("names " + in_quotes(member) + " a second time");
    spec.members.push_back(std::move(member));
  }
}

// One chain: who answers in the place of the member that is its key.
std::vector<std::string> read_chain(const Place& place, const std::string& of) {
  std::vector<std::string> chain;
  if (!place.value.is_array() || place.value.empty() || place.value.size() > chain_members_max) {
    place.fault("must be an array of 1 to " + std::to_string(chain_members_max) + " members");
    return chain;
  }
  std::set<std::string> seen{of};
  for (std::size_t i = 0; i < place.value.size(); ++i) {
    const Place item{place.value[i], pointer_to(place.pointer, std::to_string(i)), place.faults};
    std::string member = read_name(item);
    if (member.empty()) continue;  // refused
    if (!seen.insert(member).second) {
      item.fault(member == of ? "is the member whose place it would take"
                              : "names " + in_quotes(member) + " a second time");
    }
    chain.push_back(std::move(member));
  }
  return chain;
}

void read_fallback(const Place& place, TaskSpec& spec) {
  if (!place.value.is_object())
    return place.fault("must be an object: a member, or \"*\" for all, and a list of members");
  if (place.value.size() > members_max)
    return place.fault("must have at most " + std::to_string(members_max) + " members");
  for (const auto& [member, chain] : place.value.items()) {
    const Place item{chain, pointer_to(place.pointer, member), place.faults};
    if (member.empty() || code_points(member) > name_characters_max) {
      item.fault("its name must have 1 to " + thousands(name_characters_max) + " characters");
    } else {
      spec.fallback.emplace_back(member, read_chain(item, member));
    }
  }
}

void read_policy(const Place& place, TaskSpec& spec) {
  if (place.value == "continue") {
    spec.on_abandon = OnAbandon::keep_running;
  } else if (place.value == "cancel") {
    spec.on_abandon = OnAbandon::cancel;
  } else {
    place.fault("must be \"continue\" or \"cancel\"");
  }
}

void read_max_cost(const Place& place, TaskSpec& spec) {
  if (!place.value.is_number() || place.value.get<double>() < 0) return place.fault("must be a number of at least 0");
  spec.max_cost_usd = place.value.get<double>();
}

struct Field {
  std::string_view name;
  void (*read)(const Place& place, TaskSpec& spec);
};

const Field* field_named(std::span<const Field> fields, std::string_view name) {
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  return field != fields.end() ? &*field : nullptr;
}

void read_object(const Place& place, std::span<const Field> fields, std::string_view what, TaskSpec& spec) {
  if (!place.value.is_object()) return place.fault("must be an object");
  for (const auto& [name, value] : place.value.get_ref<const Json::object_t&>()) {
    // Cut: a name longer than any field's is meant as none, and would only make the answer as long.
    const Place member{value, pointer_to(place.pointer, utf8_prefix(name, name_characters_max)), place.faults};
    if (const Field* field = field_named(fields, name)) {
      field->read(member, spec);
    } else {
      member.fault(in_quotes(name) + " is not a field of " + std::string(what));
    }
  }
}

constexpr auto abandon_fields = std::to_array<Field>({
    {"policy", read_policy},
    {"after_s", [](const Place& p, TaskSpec& s) { p.duration(s.abandon_after, 1, abandon_after_s_max); }},
});

constexpr auto task_fields = std::to_array<Field>({
    {"task", read_task},
    {"context", [](const Place& p, TaskSpec& s) { p.object(s.context_json); }},
    {"workflow", [](const Place& p, TaskSpec& s) { p.text(s.workflow, 1, name_characters_max); }},
    {"members", read_members},
    {"fallback", read_fallback},
    {"chairman", [](const Place& p, TaskSpec& s) { s.chairman = read_name(p); }},
    {"options", [](const Place& p, TaskSpec& s) { p.object(s.options_json); }},
    {"stream", [](const Place& p, TaskSpec& s) { p.flag(s.stream); }},
    {"message_id", [](const Place& p, TaskSpec& s) { p.text(s.message_id, 0, name_characters_max); }},
    {"conversation_id", [](const Place& p, TaskSpec& s) { p.text(s.conversation_id, 0, name_characters_max); }},
    {"deadline_ms", [](const Place& p, TaskSpec& s) { p.duration(s.deadline, 0, deadline_ms_max); }},
    {"member_deadline_ms", [](const Place& p, TaskSpec& s) { p.duration(s.member_deadline, 0, deadline_ms_max); }},
    {"max_cost_usd", read_max_cost},
    {"on_abandon", [](const Place& p, TaskSpec& s) { read_object(p, abandon_fields, "on_abandon", s); }},
    {"cache", [](const Place& p, TaskSpec& s) { p.flag(s.cache); }},
    {"ttl_s", [](const Place& p, TaskSpec& s) { p.duration(s.ttl, ttl_s_min, ttl_s_max); }},
    {"metadata", [](const Place& p, TaskSpec& s) { p.object(s.metadata_json); }},
});

// Adds an object that is not empty; one that is no JSON object would only be refused later.
void add_object(Json& body, const char* key, const std::string& json) {
  auto object = parse_json(json);
  if (object && object->is_object() && !object->empty()) body[key] = *std::move(object);
}

}  // namespace

TaskRequest parse_task_request(std::string_view body) {
  TaskRequest request;
  auto json = parse_json(body, {.depth_max = 64, .refuse_duplicate_keys = true});
  if (!json) {
    request.is_json = false;
    request.faults.push_back({"", std::move(json.error().message)});
    return request;
  }
  Faults faults;
  TaskSpec spec;
  read_object(Place{*json, "", faults}, task_fields, "a task", spec);
  if (json->is_object() && member_of(*json, "task") == nullptr) faults.add("/task", "is missing");
  request.faults = faults.take();
  if (request.faults.empty()) request.spec = std::move(spec);
  return request;
}

std::string task_request_body(const TaskSpec& spec) {
  const TaskSpec defaults;
  Json body = Json::object();
  body["task"] = spec.task;
  add_object(body, "context", spec.context_json);
  if (spec.workflow != defaults.workflow) body["workflow"] = spec.workflow;
  if (!spec.members.empty()) body["members"] = spec.members;
  if (!spec.chairman.empty()) body["chairman"] = spec.chairman;
  for (const auto& [member, chain] : spec.fallback) body["fallback"][member] = chain;
  add_object(body, "options", spec.options_json);
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
  if (spec.cache != defaults.cache) body["cache"] = spec.cache;
  if (spec.ttl != defaults.ttl) body["ttl_s"] = spec.ttl.count();
  add_object(body, "metadata", spec.metadata_json);
  return dump_json(body);
}

}  // namespace plenum
