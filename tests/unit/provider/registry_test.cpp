#include <doctest/doctest.h>

#include <map>
#include <string>

#include "common/protocol/provider_keys.h"
#include "server/provider/known_providers.h"
#include "server/provider/ollama_host.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/registry.h"

using namespace plenum;
using namespace plenum::provider;
using core::ProviderKind;

namespace {

using Variables = std::map<std::string, std::string>;

Result<Registry> read(const std::vector<config::ProviderConfig>& tables, Variables variables = {}) {
  return Registry::from(tables, [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

config::ProviderConfig table(std::string name, std::string_view kind, std::string base_url = {},
                             std::string key_env = {}) {
  config::ProviderConfig made;
  made.name = std::move(name);
  made.kind = core::provider_kind_named(kind);
  made.base_url = std::move(base_url);
  made.key_env = std::move(key_env);
  made.origin = "plenum.toml:3:12";
  return made;
}

std::string error_of(const config::ProviderConfig& wrong, Variables variables = {}) {
  const auto registry = read({wrong}, std::move(variables));
  REQUIRE_FALSE(registry);
  CHECK(registry.error().code == ErrorCode::config_invalid);
  return registry.error().message;
}

std::string notes_of(const Registry& registry) {
  std::string all;
  for (const auto& note : registry.notes()) all += note + "\n";
  return all;
}

}  // namespace

TEST_CASE("without tables and keys only the offline provider is usable, and all others name their variable") {
  const auto registry = read({});
  REQUIRE(registry);
  for (const auto& info : registry->all()) {
    // DuckDuckGo needs no key, but is a search engine.
    CHECK(info.key_present == (info.name == "offline" || info.name == "duckduckgo"));
    CHECK(info.searches == (info.name == "tavily" || info.name == "duckduckgo"));
  }
  CHECK(registry->find("offline")->kind == ProviderKind::offline);
  CHECK(registry->find("offline")->default_models == std::vector<std::string>{"sample-a", "sample-b", "sample-c"});
  CHECK(registry->find("openai")->key_env == "OPENAI_API_KEY");
  CHECK(notes_of(*registry).find("the offline provider answers") != std::string::npos);
}

TEST_CASE("a key in the environment enables its provider with address and default model, without offline") {
  const auto registry = read({}, {{"GROQ_API_KEY", " gsk_1234567890\n"}});
  REQUIRE(registry);
  CHECK(registry->find("offline") == nullptr);
  const auto* groq = registry->find("groq");
  REQUIRE(groq != nullptr);
  CHECK(groq->key_present);
  CHECK(groq->base_url == "https://api.groq.com/openai/v1");
  CHECK(groq->default_models.front() == "openai/gpt-oss-120b");
  CHECK_FALSE(registry->find("openai")->key_present);
  for (const auto& entry : registry->entries()) {
    CHECK(entry.key.reveal() == (entry.info.name == "groq" ? "gsk_1234567890" : ""));
  }
}

TEST_CASE("Anthropic and Gemini are detected by their keys, Gemini by either of two variables") {
  const auto registry = read({}, {{"ANTHROPIC_API_KEY", "a"}, {"GOOGLE_API_KEY", "g"}});
  REQUIRE(registry);
  CHECK(registry->find("anthropic")->kind == ProviderKind::anthropic);
  CHECK(registry->find("anthropic")->key_present);
  CHECK(registry->find("gemini")->key_env == "GOOGLE_API_KEY");
  CHECK(registry->find("gemini")->key_present);
  CHECK(read({}, {{"GEMINI_API_KEY", "1"}, {"GOOGLE_API_KEY", "2"}})->find("gemini")->key_env == "GEMINI_API_KEY");
  CHECK(read({})->find("gemini")->key_env == "GEMINI_API_KEY");
}

TEST_CASE("Ollama is detected by OLLAMA_HOST, in addition to the offline provider") {
  CHECK(read({})->find("ollama") == nullptr);
  const auto registry = read({}, {{"OLLAMA_HOST", "0.0.0.0"}});
  REQUIRE(registry);
  const auto* ollama = registry->find("ollama");
  REQUIRE(ollama != nullptr);
  CHECK(ollama->base_url == "http://127.0.0.1:11434/v1");
  CHECK(ollama->key_present);
  CHECK(ollama->default_models.empty());
  CHECK(registry->find("offline") != nullptr);
  CHECK(read({table("local", "ollama")})->all()[0].base_url == "http://127.0.0.1:11434/v1");
  CHECK_FALSE(read({table("local", "ollama")}, {{"OLLAMA_HOST", "http://a b"}}));
}

TEST_CASE("OLLAMA_HOST is parsed as by Ollama") {
  CHECK(ollama_base_url("") == "http://127.0.0.1:11434/v1");
  CHECK(ollama_base_url(" \"box\" ") == "http://box:11434/v1");
  CHECK(ollama_base_url("box:8080") == "http://box:8080/v1");
  CHECK(ollama_base_url(":8080") == "http://127.0.0.1:8080/v1");
  CHECK(ollama_base_url("box:99999") == "http://box:11434/v1");
  CHECK(ollama_base_url("http://box") == "http://box:80/v1");
  CHECK(ollama_base_url("https://box/") == "https://box:443/v1");
  CHECK(ollama_base_url("https://box:1/models/") == "https://box:1/models/v1");
  CHECK(ollama_base_url("https://box/v1") == "https://box:443/v1");
  CHECK(ollama_base_url("ollama.com") == "https://ollama.com:443/v1");
  CHECK(ollama_base_url("[::]:5000") == "http://[::1]:5000/v1");
  CHECK(ollama_base_url("fe80::1") == "http://[fe80::1]:11434/v1");
}

TEST_CASE("a kind of one vendor has its address and key under any name, another kind under a known name does not") {
  const auto registry = read({table("claude", "anthropic")}, {{"ANTHROPIC_API_KEY", "k"}});
  REQUIRE(registry);
  CHECK(registry->all()[0].base_url == "https://api.anthropic.com/v1");
  CHECK(registry->entries()[0].key.reveal() == "k");
  CHECK(registry->entries()[0].info.kind == ProviderKind::anthropic);
  CHECK(error_of(table("anthropic", "openai")).find("base_url is missing") != std::string::npos);
  const auto plain = read({table("openrouter", "openai")}, {{"OPENROUTER_API_KEY", "k"}});
  CHECK(plain->all()[0].base_url == "https://openrouter.ai/api/v1");
  CHECK(plain->entries()[0].info.kind == ProviderKind::openai);
}

TEST_CASE("limits come from the table, else from the settings, else from the defaults of the provider") {
  auto own = table("own", "openai", "http://127.0.0.1:1/v1");
  own.first_token_timeout = milliseconds(5);
  own.event_bytes_max = 4096;
  own.concurrent_requests_max = 3;
  const std::vector<config::ProviderConfig> tables{own, table("deepseek", "openai"), table("local", "ollama"),
                                                   table("openai", "openai")};
  const auto defaults = read(tables);
  REQUIRE(defaults);
  CHECK(defaults->entries()[0].limits.first_token_timeout == milliseconds(5));
  CHECK(defaults->entries()[0].event_bytes_max == 4096);
  CHECK(defaults->all()[0].concurrent_requests_max == 3);
  CHECK(defaults->entries()[1].limits.first_token_timeout == milliseconds(600'000));
  CHECK(defaults->entries()[2].limits.first_token_timeout == milliseconds(600'000));
  CHECK(defaults->entries()[3].limits.first_token_timeout == milliseconds(120'000));
  const auto set = Registry::from(tables, [](const char*) -> const char* { return nullptr; },
                                  {.first_token_timeout = milliseconds(7)});
  CHECK(set->entries()[0].limits.first_token_timeout == milliseconds(5));
  CHECK(set->entries()[1].limits.first_token_timeout == milliseconds(7));
}

TEST_CASE("a fallback must be another existing provider with a model, listed once") {
  const auto error_for = [](std::vector<std::string> fallback) {
    auto first = table("first", "openai", "http://127.0.0.1:1/v1");
    first.fallback = std::move(fallback);
    const auto registry = read({first, table("second", "offline"), table("bare", "openai", "http://127.0.0.1:9/v1")});
    return registry ? std::string() : registry.error().message;
  };
  CHECK(error_for({"second", "second/other", "bare/llama3.2"}).empty());
  CHECK(error_for({"third/x"}) == "plenum.toml:3:12: [providers.first]: fallback: unknown provider third");
  CHECK(error_for({"first/other"}).find("is the provider itself") != std::string::npos);
  CHECK(error_for({"second", "second"}).find("is listed twice") != std::string::npos);
  CHECK(error_for({"bare"}).find("has no model") != std::string::npos);
}

TEST_CASE("prices are set on their provider, and an unknown provider is an error with its position") {
  const auto priced = [](const std::string& provider) {
    return Registry::from({table("up", "offline")}, [](const char*) -> const char* { return nullptr; },
                          {.prices = {{provider, {"m", 1.0, 2.0, 0.5}, "plenum.toml:9:1"}}});
  };
  const auto registry = priced("up");
  REQUIRE(registry);
  CHECK(registry->all()[0].prices->find("m") == core::ModelPrice{"m", 1.0, 2.0, 0.5});
  CHECK(priced("down").error().message == "plenum.toml:9:1: [prices]: unknown provider down");
}

TEST_CASE("list prices apply at the address of their vendor, and elsewhere only where price_list names it") {
  const auto prices = config::parse_price_file("", R"(
version = 7
date = "2026-11-26"
[vendors.openai.models]
"gpt-4.1" = {input = 2, output = 8}
[vendors.anthropic.models]
"claude-opus-5" = {input = 5, output = 25}
)");
  REQUIRE(prices);
  auto proxy = table("proxy", "openai", "https://proxy.example/v1");
  proxy.price_list = "openai";
  const auto registry = Registry::from(
      {table("openai", "openai"), table("claude", "anthropic"), table("other", "openai", "https://api.openai.com/v1"),
       table("local", "openai", "http://127.0.0.1:8000/v1"), proxy},
      [](const char*) -> const char* { return nullptr; }, {.price_file = *prices});
  REQUIRE(registry);
  CHECK(registry->price_file().version == 7);
  CHECK(registry->find("openai")->prices->find("gpt-4.1")->origin == core::PriceOrigin::built_in);
  CHECK(registry->find("claude")->prices->find("claude-opus-5")->output == 25);
  CHECK(registry->find("other")->prices->find("gpt-4.1")->input == 2);
  CHECK_FALSE(registry->find("local")->prices->find("gpt-4.1"));
  CHECK(registry->find("proxy")->prices->find("gpt-4.1")->input == 2);
  auto newer = *prices;
  newer.info.version = 8;
  newer.vendors[1].models[0].input = 3;
  registry->set_price_file(newer);
  CHECK(registry->price_file().version == 8);
  CHECK(registry->find("openai")->prices->find("gpt-4.1")->input == 3);
}

TEST_CASE("a price list of a vendor that the price file does not have is an error with the known ones") {
  auto wrong = table("proxy", "openai", "https://proxy.example/v1");
  wrong.price_list = "opnai";
  const auto prices = config::parse_price_file("", R"(
version = 1
date = "2026-11-26"
[vendors.openai.models]
"gpt-4.1" = {input = 2, output = 8}
)");
  const auto registry =
      Registry::from({wrong}, [](const char*) -> const char* { return nullptr; }, {.price_file = prices.value()});
  REQUIRE_FALSE(registry);
  CHECK(registry.error().message ==
        "plenum.toml:3:12: [providers.proxy]: price_list: the price file has no vendor \"opnai\"; it has openai");
}

TEST_CASE("the error for an invalid key contains the name of its variable, not the value") {
  const auto registry = read({}, {{"OPENAI_API_KEY", "two words"}});
  REQUIRE(registry);
  CHECK(registry->find("openai") == nullptr);
  CHECK(notes_of(*registry).find("OPENAI_API_KEY does not contain a key") != std::string::npos);
  CHECK(notes_of(*registry).find("two words") == std::string::npos);
  CHECK(error_of(table("x", "openai", "https://h/v1", "K"), {{"K", "a\r\nHost: evil"}}).find("evil") ==
        std::string::npos);
}

TEST_CASE("tables in the file disable detection") {
  auto bench = table("bench", "openai", "http://127.0.0.1:9000/v1/", "BENCH_KEY");
  bench.models = {"a", "b"};
  auto sample = table("sample", "offline");
  const auto registry = read({bench, sample}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(registry);
  REQUIRE(registry->all().size() == 2);
  CHECK(registry->all()[0].base_url == "http://127.0.0.1:9000/v1");
  CHECK_FALSE(registry->all()[0].key_present);
  CHECK(registry->all()[0].default_models == std::vector<std::string>{"a"});
  CHECK(registry->all()[1].kind == ProviderKind::offline);
  CHECK(registry->find("openai") == nullptr);
}

TEST_CASE("a provider without key_env needs no key, and a known name without address uses its default key") {
  const auto local = read({table("local", "openai", "http://127.0.0.1:11434/v1")});
  REQUIRE(local);
  CHECK(local->all()[0].key_present);
  const auto known = read({table("openai", "openai")}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(known);
  CHECK(known->all()[0].base_url == "https://api.openai.com/v1");
  CHECK(known->entries()[0].key.reveal() == "k");
}

TEST_CASE("a key is never sent to an address that it is not configured for") {
  const auto elsewhere = read({table("openai", "openai", "https://example.org/v1")}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(elsewhere);
  CHECK(elsewhere->entries()[0].key.empty());
  auto plain = table("lan", "openai", "http://gateway.example/v1", "K");
  CHECK(error_of(plain, {{"K", "k"}}).find("would be sent unencrypted to gateway.example") != std::string::npos);
  plain.allow_insecure_http = true;
  CHECK(read({plain}, {{"K", "k"}}));
  CHECK(read({table("here", "openai", "http://localhost:1/v1", "K")}, {{"K", "k"}}));
}

TEST_CASE("an invalid table is an error with its position and the valid kinds") {
  CHECK(error_of(table("a", "")) ==
        "plenum.toml:3:12: [providers.a]: kind is missing; available: openai, openrouter, anthropic, gemini, ollama, "
        "offline, and the search engines searxng, tavily, duckduckgo");
  CHECK(error_of(table("a", "openai")).find("base_url is missing") != std::string::npos);
  CHECK(error_of(table("a", "offline", "https://h")).find("remove base_url and key_env") != std::string::npos);
}

TEST_CASE("the base URL parser is strict") {
  const auto url = parse_base_url("https://API.Example.org:8443/v1/");
  REQUIRE(url);
  CHECK(url->host == "api.example.org");
  CHECK(url->port == 8443);
  CHECK(url->str() == "https://api.example.org:8443/v1");
  CHECK(parse_base_url("http://[::1]:80/v1")->str() == "http://[::1]/v1");
  CHECK(parse_base_url("https://api.perplexity.ai")->str() == "https://api.perplexity.ai");
  for (const auto* bad : {"", "api.openai.com", "ftp://h/", "https://", "https://user:pass@h/v1", "https://h/v1?key=1",
                          "https://h/v1#x", "https://h:0/", "https://h:99999/", "https://h:8x/", "https://a b/",
                          "https://h/a b", "https://[::1/", "https://[nonsense]/", "https://h/v1/chat/completions"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_base_url(bad));
  }
}

TEST_CASE("the limits of each provider come from its table") {
  auto own = table("own", "openai", "http://127.0.0.1:1/v1");
  own.concurrent_requests_max = 3;
  own.requests_per_minute = 60;
  own.queue_max = 7;
  own.retries_max = 1;
  const auto limits = read({own})->limits({.failures_max = 9});
  REQUIRE(limits.size() == 1);
  CHECK(limits[0].provider == "own");
  CHECK(limits[0].concurrency.concurrent_requests_max == 3);
  CHECK(limits[0].concurrency.requests_per_minute == 60);
  CHECK(limits[0].concurrency.queue_max == 7);
  CHECK(limits[0].breaker.failures_max == 9);
  CHECK(limits[0].retries_max == 1);
}

TEST_CASE("a JSON schema is enforced by known vendors, and by other addresses only if configured") {
  using StructuredOutput = core::ProviderInfo::StructuredOutput;
  const auto detected = read({}, {{"OLLAMA_HOST", "h"}});
  REQUIRE(detected);
  const auto of = [&](const char* name) { return detected->find(name)->structured_output; };
  for (const auto* name : {"openai", "xai", "mistral", "perplexity", "openrouter", "gemini", "ollama"}) {
    CAPTURE(name);
    CHECK(of(name) == StructuredOutput::json_schema);
  }
  CHECK(of("anthropic") == StructuredOutput::tool);
  for (const auto* name : {"groq", "deepseek", "together"}) CHECK(of(name) == StructuredOutput::none);
  const auto configured = [](config::ProviderConfig one, std::optional<StructuredOutput> set) {
    one.structured_output = set;
    const auto registry = read({one});
    REQUIRE_MESSAGE(registry, registry.error().message);
    return registry->all()[0].structured_output;
  };
  CHECK(configured(table("openai", "openai"), {}) == StructuredOutput::json_schema);
  CHECK(configured(table("openai", "openai", "https://h.example/v1"), {}) == StructuredOutput::none);
  CHECK(configured(table("mine", "openai", "https://h.example/v1"), StructuredOutput::json_schema) ==
        StructuredOutput::json_schema);
  CHECK(configured(table("google", "gemini"), {}) == StructuredOutput::json_schema);
  CHECK(configured(table("anthropic", "anthropic"), StructuredOutput::none) == StructuredOutput::none);
  auto wrong = table("mine", "openai", "https://h.example/v1");
  wrong.structured_output = StructuredOutput::tool;
  CHECK(error_of(wrong).find("structured_output = \"tool\" needs kind = \"anthropic\"") != std::string::npos);
}

TEST_CASE("the model parameters of a table are those of the provider") {
  auto one = table("openai", "openai");
  one.parameters.reasoning_effort = "low";
  CHECK(read({one})->find("openai")->parameters == one.parameters);
}

TEST_CASE("default models of a table precede those of its name, and all of them are listed") {
  auto own = table("openai", "openai");
  own.default_models = {"mine", "other"};
  own.models = {"other", "third"};
  const auto registry = read({own, table("groq", "openai"), table("sample", "offline")}, {});
  REQUIRE(registry);
  CHECK(registry->all()[0].default_models == std::vector<std::string>{"mine", "other"});
  CHECK(registry->all()[0].models == std::vector<std::string>{"mine", "other", "third"});
  CHECK(registry->all()[1].default_models.size() > 1);
  CHECK(registry->all()[1].models == registry->all()[1].default_models);
  auto offline = table("offline", "offline");
  offline.models = {"slow+delay_ms:500", "fast"};
  CHECK(read({offline}, {})->all()[0].default_models == offline.models);
}

TEST_CASE("the seven OpenAI-compatible vendors are called at their addresses, with the key of their variable") {
  struct Vendor {
    std::string name, variable, completions;
  };
  const Vendor vendors[] = {
      {"openai", "OPENAI_API_KEY", "https://api.openai.com/v1/chat/completions"},
      {"xai", "XAI_API_KEY", "https://api.x.ai/v1/chat/completions"},
      {"perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai/chat/completions"},
      {"groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1/chat/completions"},
      {"deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1/chat/completions"},
      {"mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1/chat/completions"},
      {"together", "TOGETHER_API_KEY", "https://api.together.xyz/v1/chat/completions"},
  };
  for (const auto& vendor : vendors) {
    CAPTURE(vendor.name);
    const auto registry = read({}, {{vendor.variable, "k"}});
    REQUIRE(registry);
    const auto* info = registry->find(vendor.name);
    REQUIRE(info != nullptr);
    const auto* protocol = protocol::protocol_of(info->kind);
    CHECK(info->key_present);
    CHECK(info->base_url + protocol->path({}) == vendor.completions);
    CHECK(protocol->key_header() == "Authorization: Bearer ");
    CHECK_FALSE(info->default_models.empty());
  }
}

TEST_CASE("a base URL without a path gets that of its protocol; a path and known addresses without one stay") {
  const auto url = [](std::string_view kind, const std::string& base_url) {
    const auto registry = read({table("box", kind, base_url)});
    REQUIRE_MESSAGE(registry, registry.error().message);
    return registry->all()[0].base_url;
  };
  for (const std::string end : {"", "/", "//"}) {
    CAPTURE(end);
    CHECK(url("ollama", "http://127.0.0.1:11434" + end) == "http://127.0.0.1:11434/v1");
    CHECK(url("openai", "http://127.0.0.1:8000" + end) == "http://127.0.0.1:8000/v1");
    CHECK(url("anthropic", "https://h.example" + end) == "https://h.example/v1");
    CHECK(url("gemini", "https://h.example" + end) == "https://h.example/v1beta");
    CHECK(url("openrouter", "https://h.example" + end) == "https://h.example/api/v1");
    CHECK(url("openai", "https://api.perplexity.ai" + end) == "https://api.perplexity.ai");
    CHECK(url("searxng", "http://127.0.0.1:8888" + end) == "http://127.0.0.1:8888");
  }
  CHECK(url("openai", "https://h.example/models/v2/") == "https://h.example/models/v2");
  CHECK(url("ollama", "http://127.0.0.1:1/v1") == "http://127.0.0.1:1/v1");
}

TEST_CASE("quotes around a key are not sent, and the log names the variable and not the key") {
  for (const std::string quoted : {"\"sk-123456\"", "'sk-123456'", " \"sk-123456\"\n"}) {
    const auto registry = read({}, {{"OPENAI_API_KEY", quoted}});
    REQUIRE(registry);
    CHECK(registry->entries()[0].key.reveal() == "sk-123456");
    CHECK(notes_of(*registry) ==
          "the key in OPENAI_API_KEY is in quotes, which are no part of it: they are not sent\n");
  }
  const auto half = read({table("own", "openai", "https://h.example/v1", "OWN")}, {{"OWN", "\"sk-123456"}});
  REQUIRE(half);
  CHECK(half->entries()[0].key.reveal() == "\"sk-123456");
  CHECK(notes_of(*half).find("the key in OWN contains a quote") == 0);
  CHECK(notes_of(*half).find("123456") == std::string::npos);
}

TEST_CASE("the client knows the variable of every provider that needs a key") {
  std::size_t with_key = 0;
  for (const KnownProvider& known : known_providers()) {
    if (known.key_env.empty()) continue;
    ++with_key;
    const ProviderKey* row = provider_key_named(known.name);
    REQUIRE_MESSAGE(row != nullptr, known.name);
    CHECK(row->variable == known.key_env);
  }
  CHECK(with_key == std::size(provider_keys));
}
