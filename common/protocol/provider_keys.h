// The names of the providers that need a key, and the environment variables that hold it. Any thread.
// Source: the pages of the providers, as in docs/providers.md.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace plenum {

struct ProviderKey {
  std::string_view provider, variable;
};

inline constexpr ProviderKey provider_keys[] = {
    {"openai", "OPENAI_API_KEY"},   {"anthropic", "ANTHROPIC_API_KEY"},
    {"gemini", "GEMINI_API_KEY"},   {"openrouter", "OPENROUTER_API_KEY"},
    {"xai", "XAI_API_KEY"},         {"perplexity", "PERPLEXITY_API_KEY"},
    {"groq", "GROQ_API_KEY"},       {"deepseek", "DEEPSEEK_API_KEY"},
    {"mistral", "MISTRAL_API_KEY"}, {"together", "TOGETHER_API_KEY"},
    {"tavily", "TAVILY_API_KEY"},
};

// Null for an unknown name.
constexpr const ProviderKey* provider_key_named(std::string_view provider) {
  const auto* found = std::find_if(std::begin(provider_keys), std::end(provider_keys),
                                   [&](const ProviderKey& row) { return row.provider == provider; });
  return found == std::end(provider_keys) ? nullptr : found;
}

}  // namespace plenum
