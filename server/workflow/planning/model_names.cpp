#include "server/workflow/planning/model_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "common/base/strings.h"
#include "common/text/edit_distance.h"

namespace plenum::workflow {

namespace {

struct Familiar {
  std::string_view name, provider;
};
constexpr Familiar familiar_names[] = {
    {"claude", "anthropic"}, {"grok", "xai"}, {"google", "gemini"}, {"chatgpt", "openai"}, {"gpt", "openai"},
};

// What the names of a vendor's models start with.
constexpr Familiar prefixes[] = {
    {"gpt-", "openai"},       {"chatgpt-", "openai"},        {"o1", "openai"},         {"o3", "openai"},
    {"o4", "openai"},         {"claude", "anthropic"},       {"gemini", "gemini"},     {"grok", "xai"},
    {"sonar", "perplexity"},  {"mistral", "mistral"},        {"ministral", "mistral"}, {"magistral", "mistral"},
    {"codestral", "mistral"}, {"devstral", "mistral"},       {"deepseek", "deepseek"}, {"meta-llama/", "together"},
    {"llama-", "groq"},       {"openrouter/", "openrouter"}, {"llama", "ollama"},      {"qwen", "ollama"},
};

// Enough for every list, and bounded: each name costs a comparison of all letters.
constexpr std::size_t compared_max = 6000;
constexpr std::size_t compared_bytes_max = 64;
constexpr std::size_t nearest_max = 3;

bool is_usable(const core::ProviderInfo& provider) { return provider.key_present && !provider.searches; }

std::shared_ptr<const core::ModelList> list_of(const core::ProviderDirectory& providers, const std::string& provider) {
  static const auto none = std::make_shared<const core::ModelList>();
  return providers.lists() == nullptr ? none : providers.lists()->of(provider);
}

bool has_model(const core::ProviderDirectory& providers, const core::ProviderInfo& provider, std::string_view model) {
  const auto lists_it = [model](const std::vector<std::string>& models) {
    return std::find(models.begin(), models.end(), model) != models.end();
  };
  return lists_it(provider.models) || lists_it(provider.default_models) ||
         list_of(providers, provider.name)->serves(model);
}

// The number behind the last `mark`, if the text ends with one from 1 to copies_max.
std::optional<std::pair<std::string_view, int>> numbered(std::string_view text, char mark) {
  const auto at = text.rfind(mark);
  if (at == text.npos || at == 0) return std::nullopt;
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data() + at + 1, text.data() + text.size(), number);
  const bool valid = fault == std::errc() && end == text.data() + text.size() && text[at + 1] != '0' && number >= 1 &&
                     number <= MemberCopies::copies_max;
  return valid ? std::optional(std::pair(text.substr(0, at), number)) : std::nullopt;
}

// Those with a key, if there are any.
std::vector<NamedModel> preferred(std::vector<NamedModel> found) {
  const auto usable = [](const NamedModel& one) { return is_usable(*one.provider); };
  if (std::any_of(found.begin(), found.end(), usable)) std::erase_if(found, std::not_fn(usable));
  return found;
}

}  // namespace

MemberCopies copies_of(std::string_view name) {
  if (const auto several = numbered(name, '*')) return {several->first, 1, several->second};
  if (const auto one = numbered(name, '~')) return {one->first, one->second, one->second};
  return {name};
}

std::string copy_id(std::string id, int number) { return number > 1 ? fmt::format("{}~{}", id, number) : id; }

const core::ProviderInfo* provider_named(const core::ProviderDirectory& providers, std::string_view name) {
  if (const auto* provider = providers.find(name)) return provider;
  const auto* found = std::find_if(std::begin(familiar_names), std::end(familiar_names),
                                   [name](const Familiar& row) { return row.name == name; });
  return found == std::end(familiar_names) ? nullptr : providers.find(found->provider);
}

std::vector<NamedModel> find_model(const core::ProviderDirectory& providers, std::string_view name) {
  std::vector<NamedModel> found;
  if (name.empty()) return found;
  for (const auto& provider : providers.all()) {
    if (!provider.searches && has_model(providers, provider, name)) found.push_back({&provider, std::string(name)});
  }
  if (!found.empty()) return preferred(std::move(found));
  const auto row = std::find_if(std::begin(prefixes), std::end(prefixes),
                                [name](const Familiar& one) { return name.starts_with(one.name); });
  if (row == std::end(prefixes)) return found;
  const auto* vendor = providers.find(row->provider);
  // A vendor whose list is known does not have it: most likely the name is misspelled.
  if (vendor == nullptr || list_of(providers, vendor->name)->known()) return found;
  found.push_back({vendor, std::string(name)});
  return found;
}

std::vector<std::string> nearest_names(const core::ProviderDirectory& providers, std::string_view name) {
  if (name.empty() || name.size() > compared_bytes_max) return {};
  const auto most = std::max<std::size_t>(2, name.size() / 3);
  std::multimap<std::size_t, std::string> near;
  std::set<std::string> seen;
  std::size_t compared = 0;
  const auto compare = [&](std::string_view candidate, std::string shown) {
    if (candidate.size() > compared_bytes_max || ++compared > compared_max) return;
    const auto apart = edit_distance(lower_case(name), lower_case(candidate));
    if (apart <= most && seen.insert(shown).second) near.emplace(apart, std::move(shown));
  };
  for (const auto& provider : providers.all()) {
    if (provider.searches) continue;
    compare(provider.name, provider.name);
    const auto add = [&](const std::string& model) {
      const std::string member = provider.name + "/" + model;
      compare(name.find('/') == name.npos ? std::string_view(model) : std::string_view(member), member);
    };
    for (const auto& model : provider.models) add(model);
    for (const auto& model : list_of(providers, provider.name)->models) add(model.id);
  }
  std::vector<std::string> names;
  for (auto& [apart, shown] : near) {
    if (names.size() < nearest_max) names.push_back(std::move(shown));
  }
  return names;
}

}  // namespace plenum::workflow
