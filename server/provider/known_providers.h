// Providers with built-in defaults: they need no base_url in the configuration file, and are detected from the
// environment. Pure; any thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/provider.h"
#include "server/core/provider_kind.h"

namespace plenum::provider {

// As getenv: null or the value of the variable.
using Environment = std::function<const char*(const char* name)>;

bool is_set(const Environment& environment, std::string_view variable);

struct KnownProvider {
  std::string_view name;
  core::ProviderKind kind;
  std::string_view key_env, base_url;
  // Separated by blanks, newest first: providers withdraw models, and the first one that is served is used.
  std::string_view default_models;
  // What the provider is known to enforce; a model that rejects it is called without.
  core::ProviderInfo::StructuredOutput structured_output = core::ProviderInfo::StructuredOutput::none;
  core::AttachmentKinds attachments{};  // likewise: what most of its models accept

  std::string base_url_in(const Environment& environment) const;  // of Ollama: from OLLAMA_HOST
  std::string key_env_in(const Environment& environment) const;   // of Gemini: the variable that is set
  std::vector<std::string> default_model_list() const;
  // Whether its presence can be determined: Ollama needs no key, so OLLAMA_HOST must be set.
  bool is_detectable(const Environment& environment) const;
};

// In the order in which a task without members uses them.
std::span<const KnownProvider> known_providers();
// The row of the provider's name, else of its kind if only one vendor has that kind; null: unknown.
const KnownProvider* find_known_provider(std::string_view name, core::ProviderKind kind);

}  // namespace plenum::provider
