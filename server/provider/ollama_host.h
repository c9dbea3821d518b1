// Parses OLLAMA_HOST as Ollama does: a host, a port, both, or a URL.
// Source: Ollama, envconfig.Host.
#pragma once

#include <string>
#include <string_view>

namespace plenum::provider {

// The base URL of the OpenAI-compatible API; an empty text selects Ollama's default address. A wildcard listen address
// is replaced by loopback. Pure; any thread.
std::string ollama_base_url(std::string_view ollama_host);

}  // namespace plenum::provider
