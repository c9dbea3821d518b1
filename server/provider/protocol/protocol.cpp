#include "server/provider/protocol/protocol.h"

#include "server/provider/protocol/anthropic.h"
#include "server/provider/protocol/gemini.h"
#include "server/provider/protocol/openai.h"
#include "server/provider/protocol/web_search.h"

namespace plenum::protocol {

const ProviderProtocol& protocol_of(ProtocolKind name) {
  static const OpenAiProtocol openai({.knows_reasoning_models = true});
  static const OpenAiProtocol openrouter({.asks_for_usage = false, .header = "X-Title: Plenum"});
  static const OpenAiProtocol ollama(OpenAiProtocol::Options{});
  static const AnthropicProtocol anthropic;
  static const GeminiProtocol gemini;
  static const WebSearchProtocol searxng(SearchEngine::searxng), tavily(SearchEngine::tavily),
      duckduckgo(SearchEngine::duckduckgo);
  switch (name) {
    case ProtocolKind::openrouter:
      return openrouter;
    case ProtocolKind::anthropic:
      return anthropic;
    case ProtocolKind::gemini:
      return gemini;
    case ProtocolKind::ollama:
      return ollama;
    case ProtocolKind::searxng:
      return searxng;
    case ProtocolKind::tavily:
      return tavily;
    case ProtocolKind::duckduckgo:
      return duckduckgo;
    case ProtocolKind::openai:
      break;
  }
  return openai;
}

}  // namespace plenum::protocol
