#include "server/provider/protocol/protocol.h"

#include "server/provider/protocol/anthropic.h"
#include "server/provider/protocol/gemini.h"
#include "server/provider/protocol/openai.h"
#include "server/provider/protocol/web_search.h"

namespace plenum::protocol {

using core::ProviderKind;

const ProviderProtocol* protocol_of(ProviderKind kind) {
  static const OpenAiProtocol openai(OpenAiProtocol::Options{});
  static const OpenAiProtocol openrouter({.requests_usage = false, .nested_effort = true, .header = "X-Title: Plenum"});
  static const OpenAiProtocol ollama(OpenAiProtocol::Options{});
  static const AnthropicProtocol anthropic;
  static const GeminiProtocol gemini;
  static const WebSearchProtocol searxng(ProviderKind::searxng), tavily(ProviderKind::tavily),
      duckduckgo(ProviderKind::duckduckgo);
  switch (kind) {
    case ProviderKind::openai:
      return &openai;
    case ProviderKind::openrouter:
      return &openrouter;
    case ProviderKind::anthropic:
      return &anthropic;
    case ProviderKind::gemini:
      return &gemini;
    case ProviderKind::ollama:
      return &ollama;
    case ProviderKind::searxng:
      return &searxng;
    case ProviderKind::tavily:
      return &tavily;
    case ProviderKind::duckduckgo:
      return &duckduckgo;
    case ProviderKind::offline:
      break;
  }
  return nullptr;
}

}  // namespace plenum::protocol
