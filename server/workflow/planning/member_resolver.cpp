#include "server/workflow/planning/member_resolver.h"

#include <fmt/format.h>

#include <set>

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

tl::expected<AssignedMember, std::string> MemberResolver::find(std::string_view name) const {
  const auto hash = name.rfind('#');
  const std::string_view named = name.substr(0, hash);
  const auto slash = named.find('/');  // a model may hold further ones
  const std::string_view provider_name = named.substr(0, slash);
  const core::ProviderInfo* provider = providers_.find(provider_name);
  if (provider == nullptr) {
    return tl::unexpected(
        fmt::format("unknown provider \"{}\" in \"{}\"; known providers: {}", provider_name, name, known_providers()));
  }
  if (provider->searches) {
    return tl::unexpected(fmt::format("\"{}\" is a search engine, not a member; use the option `search`", name));
  }
  AssignedMember member;
  member.provider = provider_name;
  member.model = slash == std::string_view::npos ? provider->default_model : std::string(named.substr(slash + 1));
  if (member.model.empty()) {
    return tl::unexpected(fmt::format("\"{}\" names no model, and the provider has no default one: write {}/<model>",
                                      name, provider_name));
  }
  member.id = member.provider + "/" + member.model;
  member.price = price_of(*provider, member.model);
  member.parameters = provider->parameters;
  if (hash == std::string_view::npos) return member;
  const std::string_view persona_name = name.substr(hash + 1);
  const std::string* system = persona(persona_name);
  if (system == nullptr) {
    return tl::unexpected(fmt::format("unknown persona \"{}\" in \"{}\"; {}", persona_name, name, known_personas()));
  }
  member.persona_name = persona_name;
  member.persona = *system;
  member.id += fmt::format("#{}", persona_name);
  return member;
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

std::string MemberResolver::known_personas() const {
  std::set<std::string> names;
  for (const auto& [name, system] : spec_.personas) names.insert(name);
  for (const auto& [name, system] : configured_) names.insert(name);
  if (names.empty()) return "none are defined: add its text to `personas`";
  return fmt::format("known personas: {}", fmt::join(names, ", "));
}

}  // namespace plenum::workflow
