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
constexpr std::size_t text_characters_max = 1'000'000;

// The fallback chain of a member.
std::vector<std::string> read_chain(const FieldReader& field, const std::string& of) {
  std::vector<std::string> chain;
  if (!field.value.is_array() || field.value.empty() || field.value.size() > chain_members_max) {
    field.fail("must be an array of 1 to " + std::to_string(chain_members_max) + " members");
    return chain;
  }
  std::set<std::string> seen{of};
  for (std::size_t i = 0; i < field.value.size(); ++i) {
    const FieldReader item = field.at(field.value[i], std::to_string(i));
    std::string member = item.name();
    if (member.empty()) continue;  // reported
    if (!seen.insert(member).second) {
      item.fail(member == of ? "is the member itself" : "names " + in_quotes(member) + " twice");
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

void read_members(const FieldReader& field, TaskSpec& spec) {
  if (!field.value.is_array()) return field.fail("must be an array of strings");
  if (field.value.empty() || field.value.size() > members_max) {
    return field.fail("must have 1 to " + std::to_string(members_max) + " members, not " +
                      thousands(field.value.size()));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < field.value.size(); ++i) {
    const FieldReader item = field.at(field.value[i], std::to_string(i));
    std::string member = item.name();
    if (member.empty()) continue;  // reported
    if (!seen.insert(member).second) item.fail("names " + in_quotes(member) + " twice");
    spec.members.push_back(std::move(member));
  }
}

void read_fallback(const FieldReader& field, TaskSpec& spec) {
  if (!field.value.is_object())
    return field.fail("must be an object: a member, or \"*\" for all, and a list of members");
  if (field.value.size() > members_max)
    return field.fail("must have at most " + std::to_string(members_max) + " members");
  for (const auto& [member, chain] : field.value.items()) {
    const FieldReader item = field.at(chain, member);
    if (member.empty() || code_points(member) > name_characters_max) {
      item.fail("the name must have 1 to " + thousands(name_characters_max) + " characters");
    } else {
      spec.fallback.emplace_back(member, read_chain(item, member));
    }
  }
}

void read_personas(const FieldReader& field, TaskSpec& spec) {
  if (!field.value.is_object()) return field.fail("must be an object: a name and the persona's system text");
  if (field.value.size() > members_max) {
    return field.fail("must have at most " + std::to_string(members_max) + " personas");
  }
  for (const auto& [name, text] : field.value.items()) {
    const FieldReader item = field.at(text, utf8_prefix(name, name_characters_max));
    if (!is_persona_name(name)) {
      item.fail("the name must have 1 to " + std::to_string(persona_name_max) + " characters of a-z, 0-9, - and _");
      continue;
    }
    std::string system;
    item.text(system, 1, persona_characters_max);
    spec.personas.emplace_back(name, std::move(system));
  }
}

void read_prior(const FieldReader& field, TaskSpec& spec) {
  constexpr const char* expected = R"(must be {"stream_id": "…"} or {"question": "…", "answer": "…"})";
  const Json* stream = member_of(field.value, "stream_id");
  const Json* question = member_of(field.value, "question");
  const Json* answer = member_of(field.value, "answer");
  const bool is_reference = stream != nullptr && field.value.size() == 1;
  const bool is_text = question != nullptr && answer != nullptr && field.value.size() == 2;
  if (is_reference) {
    const FieldReader item = field.at(*stream, "stream_id");
    std::string id = item.name();
    if (!id.empty() && !StreamId::parse(id)) return item.fail("is not a stream id");
    spec.prior.stream_id = std::move(id);
  } else if (is_text) {
    field.at(*question, "question").text(spec.prior.question, 1, text_characters_max);
    field.at(*answer, "answer").text(spec.prior.answer, 1, text_characters_max);
  } else {
    field.fail(expected);
  }
}

}  // namespace plenum
