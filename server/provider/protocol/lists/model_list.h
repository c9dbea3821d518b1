// The list of models of a provider: its path, and the parser of one page.
// Sources: OpenAI's, OpenRouter's, Anthropic's and Google's API references, "List models"; Ollama's openai package;
// Together's (a bare array), Groq's and Mistral's (activity, capabilities).
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/core/model_list.h"
#include "server/core/provider_kind.h"

namespace plenum::protocol {

struct ModelPage {
  std::vector<core::ListedModel> models;  // without those that cannot answer in text, as far as the list states it
  std::string next;                       // cursor of the next page; empty: this is the last one
};

// Whether the kind of provider has such a list.
bool lists_models(core::ProviderKind kind);

// Appended to the base URL; `cursor` is empty for the first page.
std::string model_list_path(core::ProviderKind kind, std::string_view cursor);

// Fails with malformed unless the text is a list of models. Models without a usable name are omitted.
Result<ModelPage> parse_model_page(core::ProviderKind kind, std::string_view json);

}  // namespace plenum::protocol
