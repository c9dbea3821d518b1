// Error bodies in use, as providers send them, and the parameter that each rejects.
#include "server/provider/protocol/errors/rejected_parameters.h"

#include <doctest/doctest.h>

#include <string>

#include "server/provider/protocol/errors/error_classifier.h"

using namespace plenum;
using namespace plenum::protocol;
using core::ParameterForm;
using core::ParameterForms;

namespace {

constexpr ParameterForms everything{ParameterForm::temperature,
                                    ParameterForm::top_p,
                                    ParameterForm::max_tokens,
                                    ParameterForm::seed,
                                    ParameterForm::stop,
                                    ParameterForm::thinking,
                                    ParameterForm::reasoning_effort,
                                    ParameterForm::response_format};

std::optional<core::Rejection> rejection(const std::string& body, ParameterForms sent = everything,
                                         int max_tokens = 64'000, ParameterForms mandatory = {}) {
  return find_rejection(error_of_status(400, body).message, {sent, mandatory, max_tokens});
}

ParameterForms rejected(const std::string& body, ParameterForms sent = everything) {
  const auto found = rejection(body, sent);
  REQUIRE(found);
  CHECK_FALSE(found->restrictions.max_tokens);
  return found->restrictions.rejected;
}

std::string message(const std::string& text) { return R"({"error":{"message":")" + text + "\"}}"; }

std::optional<int> maximum(const std::string& text, int sent, bool lasting = true) {
  const auto found = rejection(message(text), everything, sent);
  REQUIRE(found);
  CHECK(found->lasting == lasting);
  CHECK(found->restrictions.rejected.empty() == found->restrictions.max_tokens.has_value());
  return found->restrictions.max_tokens;
}

}  // namespace

TEST_CASE("a parameter is found in the message, whatever its case and punctuation") {
  const std::pair<const char*, ParameterForm> rows[] = {
      {"`temperature` is deprecated for this model.", ParameterForm::temperature},
      {"Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
       "supported.",
       ParameterForm::temperature},
      {"invalid temperature: only 1 is allowed for this model", ParameterForm::temperature},
      {"`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.", ParameterForm::temperature},
      {"`top_p` cannot be set for this model", ParameterForm::top_p},
      {"Invalid JSON payload received. Unknown name 'topP' at 'generation_config'", ParameterForm::top_p},
      {"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
       ParameterForm::max_tokens},
      {"Argument not supported on this model: stop", ParameterForm::stop},
      {"Argument not supported on this model: reasoningEffort", ParameterForm::reasoning_effort},
      {"stop_sequences: each stop sequence must contain non-whitespace", ParameterForm::stop},
      {"This model does not support `reasoning_effort`", ParameterForm::reasoning_effort},
      {"output_config.effort: this model does not support effort level 'max'", ParameterForm::reasoning_effort},
      {"Thinking level is not supported for this model.", ParameterForm::reasoning_effort},
      {"Unable to submit request because thinking_level MEDIUM is not supported by this model.",
       ParameterForm::reasoning_effort},
      {"Unable to submit request because Thinking_config.include_thoughts is only enabled when thinking is enabled..",
       ParameterForm::thinking},
      {"This model does not support response format `json_schema`.", ParameterForm::response_format},
      {"JSON mode is not enabled for this model", ParameterForm::response_format},
      {"Structured outputs are not supported", ParameterForm::response_format},
      {"output_config.format: Extra inputs are not permitted", ParameterForm::response_format},
  };
  for (const auto& [text, form] : rows) {
    CAPTURE(text);
    CHECK(rejected(message(text)) == ParameterForms{form});
  }
}

TEST_CASE("a model that does not think rejects all forms of thinking at once") {
  const ParameterForms forms{ParameterForm::thinking, ParameterForm::reasoning_effort};
  CHECK(rejected(message("adaptive thinking is not supported on this model")) == forms);
  CHECK(rejected(message("Thinking is not enabled for models/gemini-2.0-flash")) == forms);
  CHECK(
      rejected(message("\\\"thinking.type.disabled\\\" is not supported for this model. Use \\\"thinking.type.adaptive"
                       "\\\" and \\\"output_config.effort\\\" to control thinking behavior."),
               {ParameterForm::thinking_disabled}) == ParameterForms{ParameterForm::thinking_disabled});
  CHECK(rejected(message("Budget 0 is invalid. This model only works in thinking mode."),
                 {ParameterForm::thinking_disabled}) == ParameterForms{ParameterForm::thinking_disabled});
}

TEST_CASE("a forced tool is found by its choice") {
  const ParameterForms tool{ParameterForm::forced_tool};
  for (const auto* text : {"tool_choice: type \\\"tool\\\" and \\\"any\\\" are not supported for this model.",
                           "tool_choice forces tool use is not compatible with this model",
                           "Thinking may not be enabled when tool_choice forces tool use."}) {
    CHECK(rejected(message(text), tool.with({ParameterForm::max_tokens})) == tool);
  }
}

TEST_CASE("a parameter is found in the fields that vendors use to name it") {
  CHECK(rejected(R"({"error":{"message":"Unsupported value.","param":"top_p","code":"unsupported_value"}})") ==
        ParameterForms{ParameterForm::top_p});
  CHECK(rejected(R"({"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted",)"
                 R"("input":"temperature"}]})") == ParameterForms{ParameterForm::seed});
  CHECK(
      rejected(R"({"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","reasoning_effort"],)"
               R"("msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","code":null})") ==
      ParameterForms{ParameterForm::reasoning_effort});
  CHECK(rejected(R"({"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stop'), 'msg': )"
                 R"('Extra inputs are not permitted'}]","type":"BadRequestError","code":400})") ==
        ParameterForms{ParameterForm::stop});
  CHECK(
      rejected(R"([{"error":{"code":400,"message":"Request contains an invalid argument.","status":)"
               R"("INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest",)"
               R"("fieldViolations":[{"field":"generation_config.response_json_schema","description":"bad"}]}]}}])") ==
      ParameterForms{ParameterForm::response_format});
  CHECK(rejected(R"({"error":{"message":"Provider returned error","code":400,"metadata":{"raw":)"
                 R"("{\"error\":{\"message\":\"`temperature` is deprecated for this model.\"}}"}}})") ==
        ParameterForms{ParameterForm::temperature});
}

TEST_CASE("an error that names no sent parameter rejects none") {
  for (const auto* text : {"The model `gpt-9-thinking` does not exist", "prompt is too long: 205000 tokens > 200000",
                           "This model's maximum context length is 8192 tokens. However, you requested 10000 tokens.",
                           "credit balance is too low", "", "unstoppable seeds_of_doubt"}) {
    CAPTURE(text);
    CHECK_FALSE(rejection(message(text)));
  }
  CHECK_FALSE(rejection(message("`temperature` is deprecated"), {ParameterForm::stop}));
  CHECK_FALSE(rejection(message(std::string(1000, 'x') + " temperature")));  // an echo of the request
}

TEST_CASE("a token limit above the maximum is lowered to it") {
  CHECK(maximum("max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for "
                "claude-3-5-sonnet-20240620",
                64'000) == 8192);
  CHECK(maximum("max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you "
                "provided 100000.",
                100'000) == 16'384);
  CHECK(maximum("Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is "
                "from 1 (inclusive) to 65537 (exclusive).",
                100'000) == 65'536);
  CHECK(maximum("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 10'000) == 8192);
  CHECK(maximum("`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than "
                "the `context_window` for this model",
                64'000) == 32'768);
  CHECK_FALSE(maximum("max_tokens is not supported by gpt-4-0613", 64'000));
  CHECK_FALSE(maximum("max_tokens must be at most 99999999999999999999 or 4", 64'000));
}

TEST_CASE("a token limit that does not fit beside this prompt is lowered for this call only") {
  CHECK(maximum("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or "
                "`max_tokens` and try again",
                21'333, false) == 11'760);
  CHECK(maximum("'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is "
                "4096 tokens and your request has 1000 input tokens (4096 > 4096 - 1000).",
                4096, false) == 3096);
  CHECK_FALSE(maximum("max_tokens exceeds the context length", 4096, false));
}

TEST_CASE("a mandatory token limit is lowered but never omitted") {
  const ParameterForms limit{ParameterForm::max_tokens};
  CHECK_FALSE(rejection(message("max_tokens is not supported"), limit, 100, limit));
  CHECK(rejection(message("max_tokens: 64000 > 8192, which is the maximum"), limit, 64'000, limit)
            ->restrictions.max_tokens == 8192);
}
