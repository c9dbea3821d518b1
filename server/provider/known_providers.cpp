#include "server/provider/known_providers.h"

#include <algorithm>
#include <iterator>

#include "server/provider/ollama_host.h"

namespace plenum::provider {

namespace {

using core::ProviderKind;
using enum core::ProviderInfo::StructuredOutput;

constexpr core::AttachmentKinds image{AttachmentKind::image};
constexpr core::AttachmentKinds image_and_pdf{AttachmentKind::image, AttachmentKind::pdf};

// Default models: the general-purpose tier of each vendor, as of 2026-11.
constexpr KnownProvider table[] = {
    {"openai", ProviderKind::openai, "OPENAI_API_KEY", "https://api.openai.com/v1",
     "gpt-6.1-terra gpt-6-luna gpt-5.6-terra gpt-5.5 gpt-5.4 gpt-4.1", json_schema, image_and_pdf},
    {"anthropic", ProviderKind::anthropic, "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1",
     "claude-sonnet-5-5 claude-sonnet-5 claude-sonnet-4-6 claude-sonnet-4-5", tool, image_and_pdf},
    {"gemini", ProviderKind::gemini, "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta",
     "gemini-3.8-flash gemini-3.6-flash gemini-3.5-flash gemini-2.5-flash", json_schema, image_and_pdf},
    {"openrouter", ProviderKind::openrouter, "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", "openrouter/auto",
     json_schema, image_and_pdf},
    {"xai", ProviderKind::openai, "XAI_API_KEY", "https://api.x.ai/v1", "grok-4.6 grok-4.5 grok-4.3", json_schema,
     image},
    {"perplexity", ProviderKind::openai, "PERPLEXITY_API_KEY", "https://api.perplexity.ai", "sonar-pro sonar",
     json_schema, image},
    {"groq", ProviderKind::openai, "GROQ_API_KEY", "https://api.groq.com/openai/v1",
     "openai/gpt-oss-120b qwen/qwen3.6-27b llama-3.3-70b-versatile", none, image},
    {"deepseek", ProviderKind::openai, "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1",
     "deepseek-v4-flash deepseek-v4-pro deepseek-chat"},
    {"mistral", ProviderKind::openai, "MISTRAL_API_KEY", "https://api.mistral.ai/v1",
     "mistral-large-latest mistral-medium-latest", json_schema, image},
    {"together", ProviderKind::openai, "TOGETHER_API_KEY", "https://api.together.xyz/v1",
     "openai/gpt-oss-120b meta-llama/Llama-3.3-70B-Instruct-Turbo", none, image},
    {"tavily", ProviderKind::tavily, "TAVILY_API_KEY", "https://api.tavily.com", ""},
    {"duckduckgo", ProviderKind::duckduckgo, "", "https://api.duckduckgo.com", ""},
    {"ollama", ProviderKind::ollama, "", "", "", json_schema, image},  // address from OLLAMA_HOST
};
constexpr const char* ollama_variable = "OLLAMA_HOST";
constexpr std::string_view second_gemini_key = "GOOGLE_API_KEY";

}  // namespace

bool is_set(const Environment& environment, std::string_view variable) {
  const char* value = environment(std::string(variable).c_str());
  return value != nullptr && *value != '\0';
}

std::string KnownProvider::base_url_in(const Environment& environment) const {
  if (kind != ProviderKind::ollama) return std::string(base_url);
  const char* host = environment(ollama_variable);
  return ollama_base_url(host == nullptr ? "" : host);
}

std::string KnownProvider::key_env_in(const Environment& environment) const {
  const bool second =
      kind == ProviderKind::gemini && !is_set(environment, key_env) && is_set(environment, second_gemini_key);
  return std::string(second ? second_gemini_key : key_env);
}

std::vector<std::string> KnownProvider::default_model_list() const {
  std::vector<std::string> models;
  for (std::string_view rest = default_models; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    models.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return models;
}

bool KnownProvider::is_detectable(const Environment& environment) const {
  return kind != ProviderKind::ollama || is_set(environment, ollama_variable);
}

std::span<const KnownProvider> known_providers() { return table; }

const KnownProvider* find_known_provider(std::string_view name, ProviderKind kind) {
  const auto find = [](auto&& matches) {
    const auto* found = std::find_if(std::begin(table), std::end(table), matches);
    return found == std::end(table) ? nullptr : found;
  };
  // OpenRouter also supports OpenAI's protocol, which a table may set as its kind.
  const auto* named = find([&](const KnownProvider& row) {
    const bool compatible = row.kind == ProviderKind::openrouter && kind == ProviderKind::openai;
    return row.name == name && (row.kind == kind || compatible);
  });
  if (named != nullptr || kind == ProviderKind::openai) return named;
  return find([kind](const KnownProvider& row) { return row.kind == kind; });
}

}  // namespace plenum::provider
