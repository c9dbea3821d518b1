// The kinds of providers: the one table read by the configuration, the registry, the protocols, docs/configuration.md
// and the fuzz targets. A kind is text only in files, in JSON and in error messages. Pure; any thread.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::core {

enum class ProviderKind : std::uint8_t {
  openai,
  openrouter,
  anthropic,
  gemini,
  ollama,
  offline,
  searxng,
  tavily,
  duckduckgo,
};

struct ProviderKindRow {
  ProviderKind kind;
  std::string_view name;
  bool is_search = false;  // a search engine: no models, not usable as a member
};

// In the order of the enumeration. tests/fuzz/CMakeLists.txt reads these rows.
inline constexpr ProviderKindRow provider_kinds[] = {
    {ProviderKind::openai, "openai"},
    {ProviderKind::openrouter, "openrouter"},
    {ProviderKind::anthropic, "anthropic"},
    {ProviderKind::gemini, "gemini"},
    {ProviderKind::ollama, "ollama"},
    {ProviderKind::offline, "offline"},
    {ProviderKind::searxng, "searxng", true},
    {ProviderKind::tavily, "tavily", true},
    {ProviderKind::duckduckgo, "duckduckgo", true},
};

constexpr const ProviderKindRow& row_of(ProviderKind kind) { return provider_kinds[static_cast<std::size_t>(kind)]; }
constexpr std::string_view name_of(ProviderKind kind) { return row_of(kind).name; }
constexpr bool is_search(ProviderKind kind) { return row_of(kind).is_search; }

// Nothing for an unknown name.
constexpr std::optional<ProviderKind> provider_kind_named(std::string_view name) {
  for (const auto& row : provider_kinds) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

// `openai, …, offline, and the search engines searxng, …`, with `quote` around each name.
inline std::string provider_kind_list(std::string_view quote = "") {
  std::string models, engines;
  for (const auto& row : provider_kinds) {
    auto& list = row.is_search ? engines : models;
    list.append(list.empty() ? "" : ", ").append(quote).append(row.name).append(quote);
  }
  return models + ", and the search engines " + engines;
}

constexpr bool provider_kinds_are_ordered() {
  for (std::size_t i = 0; i < std::size(provider_kinds); ++i) {
    if (static_cast<std::size_t>(provider_kinds[i].kind) != i) return false;
  }
  return true;
}
static_assert(provider_kinds_are_ordered());

}  // namespace plenum::core
