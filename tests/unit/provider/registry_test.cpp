#include <doctest/doctest.h>

#include <map>
#include <string>

#include "server/provider/registry.h"

using namespace plenum;
using namespace plenum::provider;

namespace {

using Variables = std::map<std::string, std::string>;

Result<Registry> read(const std::vector<config::ProviderConfig>& tables, Variables variables = {}) {
  return Registry::from(tables, [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

config::ProviderConfig table(std::string name, std::string kind, std::string base_url = {}, std::string key_env = {}) {
  config::ProviderConfig made;
  made.name = std::move(name);
  made.kind = std::move(kind);
  made.base_url = std::move(base_url);
  made.key_env = std::move(key_env);
  made.origin = "plenum.toml:3:12";
  return made;
}

std::string fault(const config::ProviderConfig& wrong, Variables variables = {}) {
  const auto registry = read({wrong}, std::move(variables));
  REQUIRE_FALSE(registry);
  CHECK(registry.error().code == ErrorCode::config_invalid);
  return registry.error().message;
}

std::string noted(const Registry& registry) {
  std::string all;
  for (const auto& note : registry.notes()) all += note + "\n";
  return all;
}

}  // namespace

TEST_CASE("without tables and keys only the offline provider can answer, the others say what they lack") {
  const auto registry = read({});
  REQUIRE(registry);
  for (const auto& info : registry->all()) CHECK(info.key_present == (info.name == "offline"));
  CHECK(registry->find("offline")->kind == "offline");
  CHECK(registry->find("openai")->key_env == "OPENAI_API_KEY");
  CHECK(noted(*registry).find("the offline provider answers") != std::string::npos);
}

TEST_CASE("a key in the environment brings its provider with address and default model, and no offline") {
  const auto registry = read({}, {{"GROQ_API_KEY", " gsk_1234567890\n"}});
  REQUIRE(registry);
  CHECK(registry->find("offline") == nullptr);
  const auto* groq = registry->find("groq");
  REQUIRE(groq != nullptr);
  CHECK(groq->key_present);
  CHECK(groq->base_url == "https://api.groq.com/openai/v1");
  CHECK(groq->default_model == "llama-3.3-70b-versatile");
  CHECK_FALSE(registry->find("openai")->key_present);
  for (const auto& entry : registry->entries()) {
    CHECK(entry.key.reveal() == (entry.info.name == "groq" ? "gsk_1234567890" : ""));
  }
}

TEST_CASE("a key whose protocol is not spoken is noted without its value") {
  const auto registry = read({}, {{"ANTHROPIC_API_KEY", "sk-ant-hidden"}, {"OPENAI_API_KEY", "k"}});
  REQUIRE(registry);
  CHECK(registry->find("anthropic") == nullptr);
  CHECK(noted(*registry).find("ANTHROPIC_API_KEY is set") != std::string::npos);
  CHECK(noted(*registry).find("hidden") == std::string::npos);
}

TEST_CASE("a variable that holds no key is named, its value is not") {
  const auto registry = read({}, {{"OPENAI_API_KEY", "two words"}});
  REQUIRE(registry);
  CHECK(registry->find("openai") == nullptr);
  CHECK(noted(*registry).find("OPENAI_API_KEY does not hold a key") != std::string::npos);
  CHECK(noted(*registry).find("two words") == std::string::npos);
  CHECK(fault(table("x", "openai", "https://h/v1", "K"), {{"K", "a\r\nHost: evil"}}).find("evil") == std::string::npos);
}

TEST_CASE("tables in the file are the only providers there are") {
  auto bench = table("bench", "openai", "http://127.0.0.1:9000/v1/", "BENCH_KEY");
  bench.models = {"a", "b"};
  auto sample = table("sample", "offline");
  const auto registry = read({bench, sample}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(registry);
  REQUIRE(registry->all().size() == 2);
  CHECK(registry->all()[0].base_url == "http://127.0.0.1:9000/v1");
  CHECK_FALSE(registry->all()[0].key_present);
  CHECK(registry->all()[0].default_model == "a");
  CHECK(registry->all()[1].kind == "offline");
  CHECK(registry->find("openai") == nullptr);
}

TEST_CASE("a provider without key_env needs no key, and a known name without address gets its own key") {
  const auto local = read({table("local", "openai", "http://127.0.0.1:11434/v1")});
  REQUIRE(local);
  CHECK(local->all()[0].key_present);
  const auto known = read({table("openai", "openai")}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(known);
  CHECK(known->all()[0].base_url == "https://api.openai.com/v1");
  CHECK(known->entries()[0].key.reveal() == "k");
}

TEST_CASE("a key is never sent to an address that it was not configured for") {
  const auto elsewhere = read({table("openai", "openai", "https://example.org/v1")}, {{"OPENAI_API_KEY", "k"}});
  REQUIRE(elsewhere);
  CHECK(elsewhere->entries()[0].key.empty());
  auto plain = table("lan", "openai", "http://gateway.example/v1", "K");
  CHECK(fault(plain, {{"K", "k"}}).find("would travel unencrypted to gateway.example") != std::string::npos);
  plain.allow_plain_http = true;
  CHECK(read({plain}, {{"K", "k"}}));
  CHECK(read({table("here", "openai", "http://localhost:1/v1", "K")}, {{"K", "k"}}));
}

TEST_CASE("a wrong table is a fault with its place and what is available") {
  CHECK(fault(table("a", "claude")) ==
        "plenum.toml:3:12: [providers.a]: kind \"claude\" is unknown; available: openai, "
        "openrouter, anthropic, gemini, ollama, offline");
  CHECK(fault(table("a", "smoke")).find("is unknown; available: openai, openrouter") != std::string::npos);
  CHECK(fault(table("a", "")).find("kind is missing") != std::string::npos);
  CHECK(fault(table("a", "openai")).find("base_url is missing") != std::string::npos);
  CHECK(fault(table("a", "offline", "https://h")).find("takes neither") != std::string::npos);
}

TEST_CASE("a base URL is taken apart strictly") {
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
