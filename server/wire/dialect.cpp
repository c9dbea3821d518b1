#include "server/wire/dialect.h"

#include "server/wire/anthropic_wire.h"
#include "server/wire/gemini_wire.h"
#include "server/wire/openai_wire.h"
#include "server/wire/search_wire.h"

namespace plenum::wire {

const Dialect& dialect(DialectName name) {
  static const OpenAiDialect openai({.knows_reasoning_models = true});
  static const OpenAiDialect openrouter({.asks_for_usage = false, .header = "X-Title: Plenum"});
  static const OpenAiDialect ollama(OpenAiDialect::Options{});
  static const AnthropicDialect anthropic;
  static const GeminiDialect gemini;
  static const SearchDialect searxng(SearchEngine::searxng), tavily(SearchEngine::tavily),
      duckduckgo(SearchEngine::duckduckgo);
  switch (name) {
    case DialectName::openrouter:
      return openrouter;
    case DialectName::anthropic:
      return anthropic;
    case DialectName::gemini:
      return gemini;
    case DialectName::ollama:
      return ollama;
    case DialectName::searxng:
      return searxng;
    case DialectName::tavily:
      return tavily;
    case DialectName::duckduckgo:
      return duckduckgo;
    case DialectName::openai:
      break;
  }
  return openai;
}

}  // namespace plenum::wire
