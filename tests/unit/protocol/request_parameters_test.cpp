// The parameters of a request in each protocol, and the forms that replace rejected ones.
#include "server/provider/protocol/request_parameters.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/json/json.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;
using core::ParameterForm;
using core::ParameterForms;

namespace {

constexpr auto schema = R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],)"
                        R"("additionalProperties":false})";

ResponseFormat json_schema() { return {ResponseFormat::Kind::json_schema, "verdict", schema}; }

core::ChatRequest request_with(ModelParameters parameters) {
  core::ChatRequest request;
  request.model = "m";
  request.messages = {{core::ChatMessage::Role::user, "hello"}};
  request.parameters = std::move(parameters);
  return request;
}

ModelParameters all_parameters() {
  ModelParameters all;
  all.temperature = 1.5;
  all.top_p = 0.9;
  all.max_tokens = 2000;
  all.seed = 7;
  all.stop = {"END", "###"};
  return all;
}

ModelParameters effort(std::string word) {
  ModelParameters parameters;
  parameters.reasoning_effort = std::move(word);
  return parameters;
}

Json body(ProviderKind kind, const core::ChatRequest& request) {
  return parse_json(protocol_for(kind).body(request).json).value();
}
Json body(ProviderKind kind, ModelParameters parameters, ParameterForms rejected = {}) {
  auto request = request_with(std::move(parameters));
  request.restrictions.rejected = rejected;
  return body(kind, request);
}
// The members of Gemini's generationConfig except thinkingConfig.
Json gemini(ModelParameters parameters) {
  auto config = body(ProviderKind::gemini, std::move(parameters))["generationConfig"];
  config.erase("thinkingConfig");
  return config;
}
Json gemini_thinking(ModelParameters parameters, ParameterForms rejected = {}) {
  return body(ProviderKind::gemini, std::move(parameters), rejected)["generationConfig"]["thinkingConfig"];
}

}  // namespace

TEST_CASE("without parameters only what a protocol requires is sent") {
  for (const auto kind : {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama}) {
    const auto json = body(kind, ModelParameters{});
    for (const auto* name : {"temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop",
                             "reasoning_effort", "reasoning", "response_format"}) {
      CAPTURE(name);
      CHECK_FALSE(json.contains(name));
    }
  }
  const auto anthropic = body(ProviderKind::anthropic, ModelParameters{});
  CHECK(anthropic["max_tokens"] == 64'000);
  CHECK(anthropic["thinking"] == Json({{"type", "adaptive"}, {"display", "summarized"}}));
  CHECK_FALSE(anthropic.contains("output_config"));
  CHECK_FALSE(anthropic.contains("temperature"));
  CHECK(gemini({}).empty());
  CHECK(gemini_thinking({}) == Json({{"includeThoughts", true}}));
}

TEST_CASE("every protocol sends the parameters that it can express") {
  for (const auto kind : {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama}) {
    const auto json = body(kind, all_parameters());
    CHECK(json["temperature"] == 1.5);
    CHECK(json["top_p"] == 0.9);
    CHECK(json["max_tokens"] == 2000);
    CHECK(json["seed"] == 7);
    CHECK(json["stop"] == Json::array({"END", "###"}));
  }
  const auto anthropic = body(ProviderKind::anthropic, all_parameters());
  CHECK(anthropic["temperature"] == 1.0);
  CHECK(anthropic["top_p"] == 0.9);
  CHECK(anthropic["max_tokens"] == 2000);
  CHECK(anthropic["stop_sequences"] == Json::array({"END", "###"}));
  CHECK_FALSE(anthropic.contains("seed"));
  CHECK(gemini(all_parameters()) == Json::parse(R"({"temperature":1.5,"topP":0.9,"maxOutputTokens":2000,"seed":7,
                                                    "stopSequences":["END","###"]})"));
  auto large = all_parameters();
  large.seed = std::int64_t{1} << 40;  // Gemini's seed has 32 bits
  CHECK_FALSE(gemini(large).contains("seed"));
}

TEST_CASE("a rejected form is omitted, and the token limit has a second form") {
  const ParameterForms rejected{ParameterForm::temperature, ParameterForm::stop, ParameterForm::max_tokens};
  const auto openai = body(ProviderKind::openai, all_parameters(), rejected);
  CHECK_FALSE(openai.contains("temperature"));
  CHECK_FALSE(openai.contains("stop"));
  CHECK_FALSE(openai.contains("max_tokens"));
  CHECK(openai["max_completion_tokens"] == 2000);
  CHECK(openai["seed"] == 7);
  const auto none = body(ProviderKind::openai, all_parameters(), rejected.with({ParameterForm::max_completion_tokens}));
  CHECK_FALSE(none.contains("max_completion_tokens"));
  CHECK_FALSE(none.contains("max_tokens"));
  CHECK(body(ProviderKind::anthropic, all_parameters(), rejected)["max_tokens"] == 2000);  // required
}

TEST_CASE("a request that must have a token limit never loses it") {
  auto request = request_with(all_parameters());
  request.max_tokens_required = true;
  const auto mandatory = [&](ProviderKind kind, ParameterForms rejected) {
    request.restrictions.rejected = rejected;
    return protocol_for(kind).body(request).sent.mandatory;
  };
  const ParameterForms first{ParameterForm::max_tokens}, second{ParameterForm::max_completion_tokens};
  CHECK(mandatory(ProviderKind::openai, {}).empty());
  CHECK(mandatory(ProviderKind::openai, first) == second);
  CHECK(mandatory(ProviderKind::openai, first.with(second)) == first);
  CHECK(body(ProviderKind::openai, request)["max_tokens"] == 2000);
  CHECK(mandatory(ProviderKind::gemini, {}) == first);
  CHECK(mandatory(ProviderKind::anthropic, {}) == first);
}

TEST_CASE("a token limit above the maximum of the model is lowered, also the default one") {
  auto request = request_with(all_parameters());
  request.restrictions.max_tokens = 1000;
  for (const auto kind : {ProviderKind::openai, ProviderKind::anthropic}) {
    CHECK(body(kind, request)["max_tokens"] == 1000);
    CHECK(protocol_for(kind).body(request).sent.max_tokens == 1000);
  }
  request.parameters.max_tokens = 500;
  CHECK(body(ProviderKind::gemini, request)["generationConfig"]["maxOutputTokens"] == 500);
  request.parameters.max_tokens.reset();
  CHECK(body(ProviderKind::anthropic, request)["max_tokens"] == 1000);
  CHECK_FALSE(body(ProviderKind::openai, request).contains("max_tokens"));
}

TEST_CASE("the reasoning effort has the form of each vendor") {
  CHECK(body(ProviderKind::openai, effort("low"))["reasoning_effort"] == "low");
  CHECK(body(ProviderKind::ollama, effort("none"))["reasoning_effort"] == "none");
  CHECK(body(ProviderKind::openrouter, effort("xhigh"))["reasoning"] == Json({{"effort", "xhigh"}}));
  CHECK(gemini_thinking(effort("max")) == Json({{"thinkingLevel", "high"}, {"includeThoughts", true}}));
  CHECK(gemini_thinking(effort("low"), {ParameterForm::reasoning_effort}) ==
        Json({{"thinkingBudget", 2048}, {"includeThoughts", true}}));
  CHECK(gemini_thinking(effort("none")) == Json({{"thinkingBudget", 0}}));
}

TEST_CASE("Anthropic's effort is set beside adaptive thinking, or as a budget below the token limit") {
  const auto adaptive = body(ProviderKind::anthropic, effort("minimal"));
  CHECK(adaptive["thinking"]["type"] == "adaptive");
  CHECK(adaptive["output_config"] == Json({{"effort", "low"}}));
  const ParameterForms old{ParameterForm::thinking, ParameterForm::reasoning_effort};
  const auto budget = body(ProviderKind::anthropic, effort("high"), old);
  CHECK(budget["thinking"] == Json({{"type", "enabled"}, {"budget_tokens", 24'576}}));
  CHECK_FALSE(budget.contains("output_config"));
  auto small = effort("high");
  small.max_tokens = 4096;
  CHECK(body(ProviderKind::anthropic, small, old)["thinking"]["budget_tokens"] == 3072);
  small.max_tokens = 1500;  // less than the smallest budget and an answer
  CHECK_FALSE(body(ProviderKind::anthropic, small, old).contains("thinking"));
  CHECK(body(ProviderKind::anthropic, effort("none"))["thinking"] == Json({{"type", "disabled"}}));
  CHECK_FALSE(body(ProviderKind::anthropic, effort("none"), {ParameterForm::thinking_disabled}).contains("thinking"));
  CHECK_FALSE(
      body(ProviderKind::anthropic, ModelParameters{}, old).contains("thinking"));  // a budget only for an effort
}

TEST_CASE("Anthropic's sampling parameters and its thinking exclude each other: what was set takes precedence") {
  ModelParameters sampled;
  sampled.temperature = 0.2;
  const auto without = body(ProviderKind::anthropic, sampled);
  CHECK(without["temperature"] == 0.2);
  CHECK_FALSE(without.contains("thinking"));
  const auto rejected = body(ProviderKind::anthropic, sampled, {ParameterForm::temperature});
  CHECK_FALSE(rejected.contains("temperature"));
  CHECK(rejected.contains("thinking"));
  sampled.reasoning_effort = "high";
  const auto both = body(ProviderKind::anthropic, sampled);
  CHECK(both["thinking"]["type"] == "adaptive");
  CHECK_FALSE(both.contains("temperature"));
  ModelParameters small;
  small.max_tokens = 4096;
  CHECK_FALSE(body(ProviderKind::anthropic, small).contains("thinking"));  // it might leave no tokens for the answer
}

TEST_CASE("a JSON schema has the form of each vendor, and a schema of the step is sent likewise") {
  auto explicit_format = request_with({});
  explicit_format.parameters.response_format = json_schema();
  auto of_step = request_with({});
  of_step.answer_schema = json_schema();
  for (const auto& request : {explicit_format, of_step}) {
    for (const auto kind : {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama}) {
      CHECK(body(kind, request)["response_format"] ==
            Json({{"type", "json_schema"},
                  {"json_schema", {{"name", "verdict"}, {"strict", true}, {"schema", Json::parse(schema)}}}}));
    }
    const auto config = body(ProviderKind::gemini, request)["generationConfig"];
    CHECK(config["responseMimeType"] == "application/json");
    CHECK(config["responseJsonSchema"] == Json::parse(schema));
    const auto anthropic = body(ProviderKind::anthropic, request);
    REQUIRE(anthropic["tools"].size() == 1);
    CHECK(anthropic["tools"][0]["name"] == "verdict");
    CHECK(anthropic["tools"][0]["input_schema"] == Json::parse(schema));
    CHECK(anthropic["tool_choice"]["type"] == "tool");
    CHECK(anthropic["tool_choice"]["name"] == "verdict");
    CHECK_FALSE(anthropic.contains("thinking"));  // rejected together with a forced tool
  }
}

TEST_CASE("a model of Anthropic that rejects forced tools gets the schema as its output format, then none") {
  auto request = request_with(effort("low"));
  request.answer_schema = json_schema();
  request.restrictions.rejected = {ParameterForm::forced_tool};
  const auto json = body(ProviderKind::anthropic, request);
  CHECK_FALSE(json.contains("tools"));
  CHECK(json["output_config"] ==
        Json({{"effort", "low"}, {"format", {{"type", "json_schema"}, {"schema", Json::parse(schema)}}}}));
  CHECK(json["thinking"]["type"] == "adaptive");
  request.restrictions.rejected.add(ParameterForm::response_format);
  CHECK(body(ProviderKind::anthropic, request)["output_config"] == Json({{"effort", "low"}}));
}

TEST_CASE("an explicit response format takes precedence over the schema of the step") {
  auto request = request_with({});
  request.answer_schema = json_schema();
  request.parameters.response_format = ResponseFormat{ResponseFormat::Kind::json_object, {}, {}};
  CHECK(body(ProviderKind::openai, request)["response_format"] == Json({{"type", "json_object"}}));
  const auto config = body(ProviderKind::gemini, request)["generationConfig"];
  CHECK(config["responseMimeType"] == "application/json");
  CHECK_FALSE(config.contains("responseJsonSchema"));
  CHECK_FALSE(body(ProviderKind::anthropic, request).contains("tools"));  // not expressible
  request.parameters.response_format = ResponseFormat{};
  CHECK_FALSE(body(ProviderKind::openai, request).contains("response_format"));
}

TEST_CASE("strict mode is used only for schemas that satisfy its conditions") {
  CHECK(is_strict_schema(schema));
  CHECK(is_strict_schema(R"({"type":"array","items":{"type":"string"}})"));
  CHECK_FALSE(is_strict_schema(R"({"type":"object","properties":{"a":{}},"required":["a"]})"));
  CHECK_FALSE(
      is_strict_schema(R"({"type":"object","properties":{"a":{}},"required":[],"additionalProperties":false})"));
  CHECK_FALSE(is_strict_schema(R"({"type":"array","items":{"type":"object"}})"));
  CHECK_FALSE(is_strict_schema("no JSON"));
}

TEST_CASE("the sent forms are those in the body") {
  auto request = request_with(effort("high"));
  request.answer_schema = json_schema();
  const auto forms = [&](ProviderKind kind) { return protocol_for(kind).body(request).sent.forms; };
  CHECK(forms(ProviderKind::openai) == ParameterForms{ParameterForm::reasoning_effort, ParameterForm::response_format});
  CHECK(forms(ProviderKind::gemini) ==
        ParameterForms{ParameterForm::reasoning_effort, ParameterForm::thinking, ParameterForm::response_format});
  CHECK(forms(ProviderKind::anthropic) ==
        ParameterForms{ParameterForm::max_tokens, ParameterForm::reasoning_effort, ParameterForm::forced_tool});
  CHECK(forms(ProviderKind::tavily).empty());
}

TEST_CASE("forms of one parameter have one name") {
  CHECK(core::names_of({ParameterForm::max_tokens, ParameterForm::max_completion_tokens}) == "max_tokens");
  CHECK(core::names_of({ParameterForm::temperature, ParameterForm::forced_tool}) == "temperature, response_format");
  CHECK(core::names_of({}).empty());
}
