#include "common/protocol/task_members.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum {
namespace {

constexpr std::size_t members_max = 64;
constexpr std::size_t chain_members_max = 8;
constexpr std::size_t persona_name_max = 32;
constexpr std::size_t persona_characters_max = 20'000;
constexpr std::size_t attachments_max = 32;
constexpr std::size_t text_characters_max = 1'000'000;  // the body's own bound is below it

// One chain: who answers in the place of the member that is its key.
std::vector<std::string> read_chain(const FieldReader& place, const std::string& of) {
  std::vector<std::string> chain;
  if (!place.value.is_array() || place.value.empty() || place.value.size() > chain_members_max) {
    place.fault("must be an array of 1 to " + std::to_string(chain_members_max) + " members");
    return chain;
  }
  std::set<std::string> seen{of};
  for (std::size_t i = 0; i < place.value.size(); ++i) {
    const FieldReader item = place.at(place.value[i], std::to_string(i));
    std::string member = item.name();
    if (member.empty()) continue;  // refused
    if (!seen.insert(member).second) {
      item.fault(member == of ? "is the member whose place it would take"
                              : "names " + in_quotes(member) + " a second time");
    }
    chain.push_back(std::move(member));
  }
  return chain;
}

}  // namespace

bool is_persona_name(std::string_view name) {
  const auto allowed = [](char c) { return is_lower_alphanumeric(c) || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= persona_name_max && std::all_of(name.begin(), name.end(), allowed);
}

void read_members(const FieldReader& place, TaskSpec& spec) {
  if (!place.value.is_array()) return place.fault("must be an array of strings");
  if (place.value.empty() || place.value.size() > members_max) {
    return place.fault("must have 1 to " + std::to_string(members_max) + " members, not " +
                       thousands(place.value.size()));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < place.value.size(); ++i) {
    const FieldReader item = place.at(place.value[i], std::to_string(i));
    std::string member = item.name();
    if (member.empty()) continue;  // refused
    if (!seen.insert(member).second) item.fault("names " + in_quotes(member) + " a second time");
    spec.members.push_back(std::move(member));
  }
}

void read_fallback(const FieldReader& place, TaskSpec& spec) {
  if (!place.value.is_object())
    return place.fault("must be an object: a member, or \"*\" for all, and a list of members");
  if (place.value.size() > members_max)
    return place.fault("must have at most " + std::to_string(members_max) + " members");
  for (const auto& [member, chain] : place.value.items()) {
    const FieldReader item = place.at(chain, member);
    if (member.empty() || code_points(member) > name_characters_max) {
      item.fault("its name must have 1 to " + thousands(name_characters_max) + " characters");
    } else {
      spec.fallback.emplace_back(member, read_chain(item, member));
    }
  }
}

void read_personas(const FieldReader& place, TaskSpec& spec) {
  if (!place.value.is_object()) return place.fault("must be an object: a name and the persona's system text");
  if (place.value.size() > members_max) {
    return place.fault("must have at most " + std::to_string(members_max) + " personas");
  }
  for (const auto& [name, text] : place.value.items()) {
    const FieldReader item = place.at(text, utf8_prefix(name, name_characters_max));
    if (!is_persona_name(name)) {
      item.fault("its name must have 1 to " + std::to_string(persona_name_max) + " characters of a-z, 0-9, - and _");
      continue;
    }
    std::string system;
    item.text(system, 1, persona_characters_max);
    spec.personas.emplace_back(name, std::move(system));
  }
}

void read_prior(const FieldReader& place, TaskSpec& spec) {
  constexpr const char* form = R"(must be {"stream_id": "…"} or {"question": "…", "answer": "…"})";
  const Json* stream = member_of(place.value, "stream_id");
  const Json* question = member_of(place.value, "question");
  const Json* answer = member_of(place.value, "answer");
  const bool is_reference = stream != nullptr && place.value.size() == 1;
  const bool is_text = question != nullptr && answer != nullptr && place.value.size() == 2;
  if (is_reference) {
    const FieldReader item = place.at(*stream, "stream_id");
    std::string id = item.name();
    if (!id.empty() && !StreamId::parse(id)) return item.fault("is no stream id");
    spec.prior.stream_id = std::move(id);
  } else if (is_text) {
    place.at(*question, "question").text(spec.prior.question, 1, text_characters_max);
    place.at(*answer, "answer").text(spec.prior.answer, 1, text_characters_max);
  } else {
    place.fault(form);
  }
}

void read_context(const FieldReader& place, TaskSpec& spec) {
  place.object(spec.context_json);
  const Json* attachments = member_of(place.value, "attachments");
  if (attachments == nullptr) return;
  const FieldReader list = place.at(*attachments, "attachments");
  if (!attachments->is_array() || attachments->size() > attachments_max) {
    return list.fault("must be an array of at most " + std::to_string(attachments_max) +
                      R"( texts, each {"name": "…", "text": "…"})");
  }
  for (std::size_t i = 0; i < attachments->size(); ++i) {
    const FieldReader item = list.at((*attachments)[i], std::to_string(i));
    const Json* name = member_of(item.value, "name");
    const Json* text = member_of(item.value, "text");
    if (name == nullptr || text == nullptr || item.value.size() != 2) {
      item.fault(R"(must be {"name": "…", "text": "…"}; only text can be attached)");
      continue;
    }
    std::string read;
    (void)item.at(*name, "name").name();
    item.at(*text, "text").text(read, 0, text_characters_max);
  }
}

}  // namespace plenum
