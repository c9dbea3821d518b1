// OLLAMA_HOST as Ollama itself reads it: a host, a port, both, or a URL.
// Source: Ollama, envconfig.Host.
#pragma once

#include <string>
#include <string_view>

namespace plenum::provider {

// The base URL of the OpenAI-compatible paths; an empty text is Ollama's usual address. An address that
// means "all of this machine's" to a server is this machine to its client. Pure; any thread.
std::string ollama_base_url(std::string_view ollama_host);

}  // namespace plenum::provider
