#include "server/workflow/planning/cache_key.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/version.h"
#include "common/json/canonical_json.h"

namespace plenum::workflow {

namespace {

// Changes when cached answers are encoded differently: older entries are misses then.
constexpr int encoding_version = 3;

// Text that is no JSON is a value of its own.
Json object_in(const std::string& json) {
  auto object = parse_json(json);
  return object ? *std::move(object) : Json(json);
}

Json member_part(const AssignedMember& member, const core::ProviderDirectory& providers) {
  const core::ProviderInfo* provider = providers.find(member.provider);
  return Json{{"id", member.id},
              {"kind", provider != nullptr ? core::name_of(provider->kind) : ""},
              {"base_url", provider != nullptr ? provider->base_url : ""},
              {"persona", member.persona},
              {"parameters", to_json(member.parameters)}};
}

}  // namespace

CacheKeys cache_keys_of(const Assignment& assignment, const TaskSpec& spec, const core::ProviderDirectory& providers) {
  Json turns = Json::array(), members = Json::array(), fallbacks = Json::array();
  for (const Turn& turn : assignment.conversation.shown) turns.push_back(Json::array({turn.question, turn.answer}));
  for (const AssignedMember& member : assignment.members) members.push_back(member_part(member, providers));
  for (const auto& chain : assignment.fallbacks) {
    Json row = Json::array();
    for (const AssignedMember& member : chain) row.push_back(member_part(member, providers));
    fallbacks.push_back(std::move(row));
  }
  const std::string conditions = dump_json(canonical(Json{{"form", encoding_version},
                                                          {"program", program_version()},
                                                          {"workflow", assignment.workflow->name},
                                                          {"version", assignment.workflow->version},
                                                          {"context", object_in(spec.context_json)},
                                                          {"options", object_in(spec.options_json)},
                                                          {"parameters", to_json(assignment.parameters)},
                                                          {"capped", spec.max_cost_usd > 0},
                                                          {"turns", std::move(turns)},
                                                          {"members", std::move(members)},
                                                          {"roles", assignment.role_members},
                                                          {"fallbacks", std::move(fallbacks)}}));
  CacheKeys keys;
  keys.conditions = sha256_hex(conditions);
  keys.exact = sha256_hex(keys.conditions + spec.task);
  return keys;
}

}  // namespace plenum::workflow
