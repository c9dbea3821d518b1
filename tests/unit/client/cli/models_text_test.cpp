#include "client/cli/tables/models_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "client/cli/render/format.h"
#include "common/base/clock.h"
#include "common/base/utf8.h"

using namespace plenum;
using namespace plenum::client;

namespace {

std::string shown(const char* providers) {
  const auto json = parse_json(std::string(R"({"providers":[)") + providers + "]}");
  REQUIRE(json);
  return models_text(*json);
}

}  // namespace

TEST_CASE("providers are shown with key, default model and state") {
  CHECK(shown(R"({"name":"openai","kind":"openai","key_env":"OPENAI_API_KEY","key_present":true,
                  "default_model":"gpt-4.1","state":{"breaker":"closed","in_flight":2,"waiting":1}},
                 {"name":"gemini","kind":"gemini","key_env":"GEMINI_API_KEY","key_present":false,
                  "default_model":"gemini-2.5-flash","state":{"breaker":"closed","in_flight":0,"waiting":0}},
                 {"name":"ollama","kind":"ollama","key_env":null,"key_present":true,"default_model":null,
                  "state":{"breaker":"open","in_flight":0,"waiting":0}})") ==
        "PROVIDER  KEY                 DEFAULT MODEL             STATE\n"
        "openai    present             gpt-4.1                   2 +1 wait\n"
        "gemini    set GEMINI_API_KEY  gemini-2.5-flash          -\n"
        "ollama    none needed         none: use ollama/<model>  paused\n"
        "\npaused: the circuit breaker is open after consecutive failures; calls resume\nafter a cooldown.\n");
}

TEST_CASE("without any key the table names the variable to set") {
  const auto text = shown(R"({"name":"openai","kind":"openai","key_env":"OPENAI_API_KEY","key_present":false},
                             {"name":"offline","kind":"offline","key_env":null,"key_present":true})");
  CHECK(text.find("No provider has a key. Set OPENAI_API_KEY") != std::string::npos);
}

TEST_CASE("long names are whole, on lines of at most 80 columns, and hostile characters are shown as marks") {
  const auto text = shown(R"({"name":"a-provider-with-a-very-long-name","kind":"openai",
      "key_env":"A_VARIABLE_WITH_A_VERY_LONG_NAME_INDEED","key_present":false,
      "default_model":"meta-llama/\u001b[2JLlama-3.3-70B-Instruct-Turbo-über-lang","state":{"breaker":7}})");
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    CHECK(code_points(text.substr(begin, end - begin)) <= 80);
  }
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("the models that a provider serves follow the table, the default one marked and first") {
  const char* provider = R"({"name":"openai","kind":"openai","key_env":"K","key_present":true,"default_model":"b",
      "models":["b"],"models_listed_at":"2026-11-26T17:00:00.000Z","listed_models":["a","b","c","d","e","f","g","h","i"],
      "state":{"breaker":"closed"}})";
  CHECK(shown(provider).ends_with("\nopenai: 9 models, listed at " +
                                  format_local_time("2026-11-26T17:00:00.000Z", SystemClock().wall()) +
                                  "\n* b\n  a\n  c\n  d\n  e\n"
                                  "  f\n  g\n  h\n  … 1 more: plenum models openai\n"));
  const auto json = parse_json(std::string(R"({"providers":[)") + provider + "]}").value();
  CHECK(models_text(json, ModelsShown::all).ends_with("  h\n  i\n"));
}

TEST_CASE("a list that a provider did not return is reported for that provider only") {
  const auto text =
      shown(R"({"name":"perplexity","kind":"openai","key_env":"K","key_present":true,"default_model":"sonar",
      "models":["sonar"],"models_listed_at":null,"models_error":{"code":"invalid_request","message":"HTTP 404"}},
      {"name":"groq","kind":"openai","key_env":"G","key_present":true,"default_model":"x","models":["x"],
       "models_listed_at":"2026-11-26T17:00:00.000Z","listed_models":["x"]})");
  CHECK(text.find("perplexity: the list of models is not available: HTTP 404") != std::string::npos);
  CHECK(text.find("groq: 1 models") != std::string::npos);
}

TEST_CASE("prices are shown with their origin and date, of providers with a key, with whole names") {
  const auto json = parse_json(R"({"providers":[
      {"name":"together","key_present":true,"prices_usd_per_million_tokens":{
        "meta-llama/Llama-3.3-70B-Instruct-Turbo":{"input":0.88,"output":0.88,"cached_input":0.88,
          "max_output_tokens":65536,"origin":"built-in","date":"2026-11-26"},
        "own":{"input":1.5,"output":2,"cached_input":1.5,"origin":"configured"}}},
      {"name":"openai","key_present":false,"prices_usd_per_million_tokens":{"gpt-4.1":{"input":2,"output":8}}}],
      "price_file":{"date":"2026-11-26","version":1,"origin":"built-in","note":"the prices are old"}})");
  REQUIRE(json);
  CHECK(prices_text(*json, columns_of_file) ==
        "MODEL                                             INPUT  OUTPUT  CACHED  LONGEST  ORIGIN\n"
        "together/meta-llama/Llama-3.3-70B-Instruct-Turbo   0.88    0.88    0.88   65,536  built-in, 2026-11-26\n"
        "together/own                                        1.5       2     1.5        -  configured\n"
        "\nUS dollars per million tokens; LONGEST is the longest answer in tokens. Costs computed from them are "
        "estimates.\n"
        "Note: the prices are old.\n");
}

TEST_CASE("without a key all prices are shown, and without prices the remedy") {
  const auto json = parse_json(
      R"({"providers":[{"name":"openai","key_present":false,
          "prices_usd_per_million_tokens":{"gpt-4.1":{"input":2,"output":8}}}]})");
  CHECK(prices_text(json.value()).find("openai/gpt-4.1") != std::string::npos);
  CHECK(prices_text(parse_json(R"({"providers":[]})").value()).find("[prices]") != std::string::npos);
}
