#include "server/workflow/planning/member_resolver.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "common/text/edit_distance.h"
#include "server/core/default_models.h"
#include "server/workflow/planning/model_names.h"

namespace plenum::workflow {

namespace {

// Offline answers are free.
std::optional<core::ModelPrice> price_of(const core::ProviderInfo& provider, std::string_view model) {
  if (provider.kind == core::ProviderKind::offline) return core::ModelPrice{};
  return provider.prices ? provider.prices->find(model) : std::nullopt;
}

}  // namespace

MemberResolver::MemberResolver(const core::ProviderDirectory& providers, const Personas& configured,
                               const TaskSpec& spec)
    : providers_(providers), configured_(configured), spec_(spec) {}

tl::expected<std::vector<AssignedMember>, std::string> MemberResolver::find_all(std::string_view name) const {
  const auto copies = copies_of(name);
  auto first = find_one(copies.name);
  if (!first) return tl::unexpected(std::move(first.error()));
  std::vector<AssignedMember> members;
  for (int number = copies.first; number <= copies.last; ++number) {
    members.push_back(*first);
    members.back().id = copy_id(first->id, number);
  }
  return members;
}

tl::expected<AssignedMember, std::string> MemberResolver::find(std::string_view name) const {
  auto members = find_all(name);
  if (!members) return tl::unexpected(std::move(members.error()));
  if (members->size() == 1) return std::move(members->front());
  return tl::unexpected(fmt::format("\"{}\" stands for {} members: name one", name, members->size()));
}

tl::expected<AssignedMember, std::string> MemberResolver::find_one(std::string_view name) const {
  const auto hash = name.rfind('#');
  auto member = find_model(name.substr(0, hash), name);
  if (!member || hash == std::string_view::npos) return member;
  const std::string_view persona_name = name.substr(hash + 1);
  const std::string* system = persona(persona_name);
  if (system == nullptr) {
    return tl::unexpected(fmt::format("unknown persona \"{}\"{} in \"{}\"; {}", persona_name,
                                      suggestion(persona_name, persona_names()), name, known_personas()));
  }
  member->persona_name = persona_name;
  member->persona = *system;
  member->id += fmt::format("#{}", persona_name);
  return member;
}

tl::expected<AssignedMember, std::string> MemberResolver::find_model(std::string_view named,
                                                                     std::string_view name) const {
  const auto slash = named.find('/');  // a model may hold further ones
  const core::ProviderInfo* provider = provider_named(providers_, named.substr(0, slash));
  if (provider == nullptr) {
    const auto found = workflow::find_model(providers_, named);
    if (found.empty()) return tl::unexpected(unknown_name(named, name));
    if (found.size() == 1) return member_of(*found.front().provider, found.front().model);
    std::vector<std::string> members;
    for (const NamedModel& one : found) members.push_back(one.member());
    return tl::unexpected(
        fmt::format("several providers have the model \"{}\": name one of {}", named, fmt::join(members, ", ")));
  }
  if (provider->searches) {
    return tl::unexpected(fmt::format("\"{}\" is a search engine, not a member; use the option `search`", name));
  }
  if (slash != std::string_view::npos && slash + 1 < named.size()) {
    return member_of(*provider, std::string(named.substr(slash + 1)));
  }
  if (providers_.lists() != nullptr && core::default_needs_list(*provider)) providers_.lists()->settle();
  auto models = slash == std::string_view::npos ? core::default_models(*provider, providers_.lists())
                                                : std::vector<std::string>();
  if (models.empty()) {
    return tl::unexpected(fmt::format("\"{}\" names no model, and the provider has no default one: write {}/<model>",
                                      name, provider->name));
  }
  AssignedMember member = member_of(*provider, models.front());
  member.by_default = true;
  if (core::default_needs_list(*provider)) member.substitutes.assign(models.begin() + 1, models.end());
  return member;
}

AssignedMember MemberResolver::member_of(const core::ProviderInfo& provider, std::string model) const {
  AssignedMember member;
  member.provider = provider.name;
  member.model = std::move(model);
  member.id = member.provider + "/" + member.model;
  // Prices that only the provider's list contains are needed for a cost limit.
  const bool listed = provider.kind == core::ProviderKind::openrouter && spec_.max_cost_usd > 0;
  if (listed && providers_.lists() != nullptr) providers_.lists()->settle();
  member.price = price_of(provider, member.model);
  member.parameters = provider.parameters;
  return member;
}

std::string MemberResolver::unknown_name(std::string_view named, std::string_view name) const {
  const auto slash = named.find('/');
  std::string text = slash == std::string_view::npos
                         ? fmt::format("\"{}\" is neither a provider nor a model of a known one", named)
                         : fmt::format("unknown provider \"{}\" in \"{}\"", named.substr(0, slash), name);
  auto near = nearest_names(providers_, named);
  if (near.empty()) near = nearest_names(providers_, named.substr(0, slash));
  if (!near.empty()) text += fmt::format("; nearest: {}", fmt::join(near, ", "));
  return text + fmt::format("; known providers: {}", known_providers());
}

AssignedMember MemberResolver::with_persona_of(AssignedMember substitute, const AssignedMember& original) {
  if (original.persona_name.empty() || !substitute.persona_name.empty()) return substitute;
  substitute.persona_name = original.persona_name;
  substitute.persona = original.persona;
  substitute.id += "#" + original.persona_name;
  return substitute;
}

std::string MemberResolver::known_providers() const {
  std::vector<std::string> names;
  for (const core::ProviderInfo& provider : providers_.all()) {
    if (!provider.searches) names.push_back(provider.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

const std::string* MemberResolver::persona(std::string_view name) const {
  for (const auto& [own, system] : spec_.personas) {
    if (own == name) return &system;
  }
  const auto configured = configured_.find(name);
  return configured == configured_.end() ? nullptr : &configured->second;
}

std::vector<std::string> MemberResolver::persona_names() const {
  std::set<std::string> names;
  for (const auto& [name, system] : spec_.personas) names.insert(name);
  for (const auto& [name, system] : configured_) names.insert(name);
  return {names.begin(), names.end()};
}

std::string MemberResolver::known_personas() const {
  const std::vector<std::string> names = persona_names();
  if (names.empty()) return "none are defined: add its text to `personas`";
  return fmt::format("known personas: {}", fmt::join(names, ", "));
}

}  // namespace plenum::workflow
