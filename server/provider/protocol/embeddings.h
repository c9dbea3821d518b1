// The embeddings protocol of OpenAI, which Ollama, OpenRouter and most local servers share, as pure functions.
// Source: platform.openai.com/docs/api-reference/embeddings. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/core/provider_kind.h"

namespace plenum::protocol {

// Appended to the base URL.
inline constexpr std::string_view embeddings_path = "/embeddings";
inline constexpr std::size_t embedding_dimension_max = 16'384;

// Whether providers of this kind speak the protocol.
bool has_embeddings(core::ProviderKind kind);
std::string embeddings_request(std::string_view model, std::string_view text);
// The embedding, scaled to length 1. Also reads the form of Ollama's own route, `{"embeddings": [[…]]}`. Fails with
// malformed, or with the error that the response contains.
Result<std::vector<float>> read_embedding(std::string_view json);

}  // namespace plenum::protocol
