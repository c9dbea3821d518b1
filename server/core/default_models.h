// Which default model of a provider is used. Pure, apart from ModelLists::settle(); any thread that may call it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "server/core/provider.h"

namespace plenum::core {

// A provider whose default model is the first one of its list.
inline bool default_is_listed(const ProviderInfo& provider) {
  return provider.default_models.empty() && provider.kind == ProviderKind::ollama;
}

inline bool has_default(const ProviderInfo& provider) {
  return !provider.default_models.empty() || default_is_listed(provider);
}

// Whether the choice depends on the list of the provider.
inline bool default_needs_list(const ProviderInfo& provider) {
  return provider.kind != ProviderKind::offline && (provider.default_models.size() > 1 || default_is_listed(provider));
}

// The default models in the order in which they are called: those that the provider serves, as far as that is known. If
// it serves none of them, all, so that the provider's error reaches the user. Empty: the provider has none.
inline std::vector<std::string> default_models(const ProviderInfo& provider, const ModelLists* lists) {
  auto models = provider.default_models;
  if (lists == nullptr || !default_needs_list(provider)) return models;
  const auto list = lists->of(provider.name);
  if (default_is_listed(provider)) {
    if (!list->models.empty()) models.push_back(list->models.front().id);
    return models;
  }
  std::erase_if(models, [&](const std::string& model) {
    return lists->is_missing(provider.name, model) || (list->known() && !list->serves(model));
  });
  return models.empty() ? provider.default_models : models;
}

}  // namespace plenum::core
