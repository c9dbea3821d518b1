// The meaning of finish reasons: one table for all protocols, because gateways pass on the words of other vendors.
// Sources: OpenAI's API description and Mistral's, DeepSeek's, Together's and Cohere's references (finish_reason);
// vLLM and SGLang (abort); OpenRouter (error); Anthropic's API reference (stop_reason); Google's Gemini API reference
// (FinishReason); Amazon Bedrock (stopReason). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/error.h"

namespace plenum::protocol {

struct FinishMeaning {
  enum class Kind : std::uint8_t {
    normal,
    token_limit,  // the text stops there
    tool_call,
    failure,
    unknown,  // the text may be incomplete
  };
  Kind kind = Kind::unknown;
  ErrorCode failure = ErrorCode::server;  // of a failure
};

// The case of letters does not matter.
FinishMeaning meaning_of(std::string_view reason);

// Blank, a value of an enumeration that stands for none, or the word that some servers write for none.
bool is_no_reason(std::string_view reason);

}  // namespace plenum::protocol
