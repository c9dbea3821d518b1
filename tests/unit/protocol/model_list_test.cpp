#include "server/provider/protocol/lists/model_list.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace plenum;
using namespace plenum::protocol;
using core::ProviderKind;

namespace {

ModelPage page_of(ProviderKind kind, std::string_view json) {
  auto page = parse_model_page(kind, json);
  REQUIRE(page);
  return *page;
}

std::vector<std::string> names_of(const ModelPage& page) {
  std::vector<std::string> names;
  for (const auto& model : page.models) names.push_back(model.id);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the list of an OpenAI-compatible provider contains the ids, in its order") {
  const auto page =
      page_of(ProviderKind::openai,
              R"({"object":"list","data":[{"id":"gpt-b","object":"model","owned_by":"x"},{"id":"gpt-a"}]})");
  CHECK(names_of(page) == Names{"gpt-b", "gpt-a"});
  CHECK(page.next.empty());
  CHECK_FALSE(page.models[0].prompt_usd);
}

TEST_CASE("a list without an object around it is read, and models that do not answer in text are omitted") {
  CHECK(names_of(page_of(ProviderKind::openai, R"([{"id":"a/b","type":"chat"},{"id":"e","type":"embedding"}])")) ==
        Names{"a/b"});
  CHECK(names_of(page_of(ProviderKind::openai,
                         R"({"data":[{"id":"on","active":true},{"id":"off","active":false},
                            {"id":"ocr","capabilities":{"completion_chat":false}},
                            {"id":"chat","capabilities":{"completion_chat":true}}]})")) == Names{"on", "chat"});
  CHECK(names_of(page_of(ProviderKind::openrouter,
                         R"({"data":[{"id":"draw","architecture":{"output_modalities":["image"]}},
                            {"id":"talk","architecture":{"output_modalities":["image","text"]}}]})")) == Names{"talk"});
}

TEST_CASE("OpenRouter's prices are in US dollars per token, and absent where they depend on the chosen model") {
  const auto page = page_of(ProviderKind::openrouter,
                            R"({"data":[{"id":"a/m","pricing":{"prompt":"0.00000125","completion":0.00001,
                               "input_cache_read":"1.25e-7","input_cache_write":"0","request":"0.005","web_search":"0.01"},
                               "context_length":200000,"top_provider":{"max_completion_tokens":64000}},
                               {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}},
                               {"id":"odd","pricing":{"prompt":"free","completion":"1e300","input_cache_read":null}}]})");
  REQUIRE(page.models.size() == 3);
  CHECK(page.models[0].prompt_usd == 0.00000125);
  CHECK(page.models[0].completion_usd == 0.00001);
  CHECK(page.models[0].cache_read_usd == 1.25e-7);
  CHECK(page.models[0].cache_write_usd == 0.0);
  CHECK(page.models[0].request_usd == 0.005);
  CHECK(page.models[0].context == 200'000);
  CHECK(page.models[0].max_output == 64'000);
  for (std::size_t i : {1u, 2u}) {
    CHECK_FALSE(page.models[i].prompt_usd);
    CHECK_FALSE(page.models[i].completion_usd);
    CHECK_FALSE(page.models[i].cache_read_usd);
  }
}

TEST_CASE("further pages follow the last id at Anthropic and the page token at Gemini") {
  const auto page = page_of(ProviderKind::anthropic,
                            R"({"data":[{"type":"model","id":"claude-x"}],"has_more":true,"last_id":"claude-x"})");
  CHECK(names_of(page) == Names{"claude-x"});
  CHECK(page.next == "claude-x");
  CHECK(model_list_path(ProviderKind::anthropic, "") == "/models?limit=1000");
  CHECK(model_list_path(ProviderKind::anthropic, page.next) == "/models?limit=1000&after_id=claude-x");
  CHECK(page_of(ProviderKind::anthropic, R"({"data":[],"has_more":false,"last_id":"z"})").next.empty());
  const auto gemini =
      page_of(ProviderKind::gemini,
              R"({"models":[{"name":"models/gemini-x","supportedGenerationMethods":["generateContent","countTokens"]},
                                 {"name":"models/embed","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"a/b="})");
  CHECK(names_of(gemini) == Names{"gemini-x"});
  CHECK(model_list_path(ProviderKind::gemini, gemini.next) == "/models?pageSize=1000&pageToken=a%2Fb%3D");
  CHECK(model_list_path(ProviderKind::openai, "ignored") == "/models");
}

TEST_CASE("names that cannot be shown or sent are omitted, and the number of models is bounded") {
  const std::string longer(201, 'a');
  const auto page = page_of(ProviderKind::openai, R"({"data":[{"id":""},{"id":"a b"},{"id":"a\u0007"},{"id":7},{},
      {"id":")" + longer + R"("},{"id":"good"},"text"]})");
  CHECK(names_of(page) == Names{"good"});
  std::string many = R"({"data":[)";
  for (int i = 0; i < 3000; ++i) many += (i > 0 ? ",{\"id\":\"m" : "{\"id\":\"m") + std::to_string(i) + "\"}";
  CHECK(page_of(ProviderKind::openai, many + "]}").models.size() == core::ModelList::models_max);
}

TEST_CASE("a text that is not a list of models is an error") {
  for (const char* text : {"", "{}", "[", "null", R"({"data":{}})", R"({"error":{"message":"no"}})", "<html>"}) {
    CAPTURE(text);
    const auto page = parse_model_page(ProviderKind::openai, text);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::malformed);
  }
}
