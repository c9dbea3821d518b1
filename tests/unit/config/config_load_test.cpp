#include <doctest/doctest.h>

#include <string>

#include "server/config/config_load.h"

using namespace plenum::config;
using std::chrono::milliseconds;

namespace {

Config loaded(std::string_view toml, const Sources& sources = {}) {
  const auto result = load_text("plenum.toml", toml, sources);
  REQUIRE_MESSAGE(result, result.error().message);
  return result->config;
}

std::string error_of(std::string_view toml, const Sources& sources = {}) {
  const auto result = load_text("plenum.toml", toml, sources);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == plenum::ErrorCode::config_invalid);
  return result.error().message;
}

}  // namespace

TEST_CASE("without any source every setting has its default") {
  const auto config = loaded("");
  CHECK(config.listen == "127.0.0.1:8080");
  CHECK(config.store == "sqlite");
  CHECK(config.heartbeat == milliseconds(15'000));
  CHECK(config.stream_bytes_max == 256 * 1024 * 1024);
  CHECK(config.stream_events_max == 1'000'000);
  CHECK(config.allow_public == false);
  CHECK(config.providers.empty());
}

TEST_CASE("flags take precedence over the environment, the environment over the file, the file over the default") {
  Sources sources;
  CHECK(loaded("heartbeat_ms = 1000").heartbeat == milliseconds(1000));
  sources.environment["PLENUM_HEARTBEAT_MS"] = "2000";
  CHECK(loaded("heartbeat_ms = 1000", sources).heartbeat == milliseconds(2000));
  sources.flags["heartbeat_ms"] = "3000";
  CHECK(loaded("heartbeat_ms = 1000", sources).heartbeat == milliseconds(3000));
}

TEST_CASE("an error in the file has file, line and column") {
  CHECK(error_of("event_loops = 1\nheartbeat_ms = 5\n") ==
        "plenum.toml:2:16: heartbeat_ms: \"5\" is not a duration from 500ms to 1h");
  CHECK(error_of("event_loops = \"two\"") ==
        "plenum.toml:1:15: event_loops must be a whole number from 0 to 256, not a string");
  CHECK(error_of("listen = 8080") == "plenum.toml:1:10: listen must be text, not a number");
  CHECK(error_of("allowed_hosts = [1]").rfind("plenum.toml:1:17: allowed_hosts must be a list of strings", 0) == 0);
  CHECK(loaded("heartbeat_ms = \"20s\"").heartbeat == milliseconds(20'000));
  CHECK(error_of("event_loops = \"2\"").find("must be a whole number") != std::string::npos);
  CHECK(error_of("a = \n").rfind("plenum.toml:1:", 0) == 0);
}

TEST_CASE("an unknown key is an error that suggests the closest known one") {
  CHECK(error_of("hartbeat_ms = 5") == "plenum.toml:1:1: hartbeat_ms is not a setting; did you mean heartbeat_ms?");
  CHECK(error_of("[provider.x]\nkind = \"openai\"").find("did you mean providers?") != std::string::npos);
  CHECK(error_of("[providers.x]\nbase = \"http://h\"").rfind("plenum.toml:2:1: base is not a key of a provider", 0) ==
        0);
}

TEST_CASE("all errors are reported at once, one per line") {
  Sources sources;
  sources.environment["PLENUM_EVENT_LOOPS"] = "many";
  sources.flags["request_threads"] = "0";
  const auto text = error_of("heartbeat_ms = 1\nzzzzzzzz = 1", sources);
  CHECK(text.find("plenum.toml:1:16:") != std::string::npos);
  CHECK(text.find("plenum.toml:2:1: zzzzzzzz is not a setting") != std::string::npos);
  CHECK(text.find("PLENUM_EVENT_LOOPS: \"many\" is not") != std::string::npos);
  CHECK(text.find("--request-threads: \"0\" is not") != std::string::npos);
}

TEST_CASE("a variable that resembles a setting is noted, others are ignored") {
  Sources sources;
  sources.environment = {{"PLENUM_LISTN", "127.0.0.1:1"}, {"PLENUM_TEST_SLOWNESS", "3"}};
  const auto result = load_text("", "", sources);
  REQUIRE(result);
  REQUIRE(result->notes.size() == 1);
  CHECK(result->notes[0] == "the environment variable PLENUM_LISTN is not a setting; did you mean PLENUM_LISTEN?");
}

TEST_CASE("a non-loopback listen address requires allow_public") {
  CHECK(error_of("listen = \"0.0.0.0:8080\"").find("allow_public = true") != std::string::npos);
  CHECK(error_of("listen = \"[::]:8080\"").find("allow_public = true") != std::string::npos);
  CHECK(error_of("listen = \"example.org:80\"").find("allow_public = true") != std::string::npos);
  CHECK(loaded("listen = \"0.0.0.0:8080\"\nallow_public = true").allow_public);
  for (const auto* here : {"127.0.0.1:0", "127.9.9.9:1", "[::1]:8080", "localhost:8080"}) {
    CHECK(loaded("listen = \"" + std::string(here) + "\"").listen == here);
  }
}

TEST_CASE("a listen address is parsed or rejected") {
  CHECK(parse_listen("[::1]:80").value() == std::pair<std::string, std::uint16_t>("::1", 80));
  CHECK(parse_listen("127.0.0.1:0").value().second == 0);
  for (const auto* text : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                           "[127.0.0.1]:80", "h/x:80", "h:80x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen(text));
  }
}

TEST_CASE("a store is memory, a given file, or the default file of this user") {
  CHECK(loaded("store = \"sqlite:events.db\"").store == "sqlite:events.db");
  CHECK(error_of("store = \"redis\"").find("set store = \"sqlite:PATH\" or \"memory\"") != std::string::npos);
  CHECK(error_of("store = \"sqlite:\"").find("is not a store") != std::string::npos);
  std::map<std::string, std::string> variables;
  const auto path = [&](std::string_view store) {
    return store_path(store, [&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  };
  CHECK_FALSE(path("memory"));
  CHECK_FALSE(path("sqlite"));
  CHECK(path("sqlite:/var/lib/x.db") == "/var/lib/x.db");
  variables["HOME"] = "/people/ada";
  CHECK(path("sqlite") == "/people/ada/.local/state/plenum/plenum.db");
  variables["XDG_STATE_HOME"] = "/state";
  CHECK(path("sqlite") == "/state/plenum/plenum.db");
  variables["XDG_STATE_HOME"] = "relative";  // ignored, as specified
  CHECK(path("sqlite") == "/people/ada/.local/state/plenum/plenum.db");
}

TEST_CASE("providers have the order and position of the file") {
  const auto config = loaded(R"([providers.zeta]
kind = "openai"
base_url = "http://127.0.0.1:9000/v1"
models = ["a", "b"]

[providers.alpha]
kind = "offline"
)");
  REQUIRE(config.providers.size() == 2);
  CHECK(config.providers[0].name == "zeta");
  CHECK(config.providers[0].models == std::vector<std::string>{"a", "b"});
  CHECK(config.providers[0].origin == "plenum.toml:1:12");
  CHECK(config.providers[1].name == "alpha");
}

TEST_CASE("a provider name must be valid in a member id") {
  CHECK(error_of("[providers.\"a/b\"]\nkind = \"openai\"").find("is not a provider name") != std::string::npos);
  CHECK(error_of("[providers.Open]\nkind = \"openai\"").find("is not a provider name") != std::string::npos);
  CHECK(error_of("providers = 3").find("must contain tables") != std::string::npos);
  CHECK(error_of("[providers.a]\nkind = 3").find("kind must be a string, not a number") != std::string::npos);
}

TEST_CASE("limits of a provider are numbers within their ranges") {
  const auto config =
      loaded("[providers.a]\nkind = \"ollama\"\nconcurrent_requests_max = 1\nretries_max = 0\nfallback = [\"b/c\"]\n");
  CHECK(config.providers[0].concurrent_requests_max == 1);
  CHECK(config.providers[0].retries_max == 0);
  CHECK(config.providers[0].queue_max == 1000);
  CHECK(config.providers[0].fallback == std::vector<std::string>{"b/c"});
  CHECK(
      error_of("[providers.a]\nretries_max = 4").find("2:15: retries_max must be a whole number from 0 to 3, not 4") !=
      std::string::npos);
  CHECK(error_of("[providers.a]\nconcurrent_requests_max = \"x\"").find("must be a whole number") != std::string::npos);
  CHECK(error_of("[providers.a]\nconcurent_requests_max = 1").find("did you mean concurrent_requests_max?") !=
        std::string::npos);
}

TEST_CASE("prices are dollars per million tokens of a model or of all models of a provider") {
  const auto config = loaded(
      "[prices]\n\"openai/gpt-4.1\" = {input = 2.0, output = 8, cached_input = 0.5}\n\"ollama/*\" = {input = 0, output "
      "= 0}\n");
  REQUIRE(config.prices.size() == 2);
  const auto& first = config.prices[0].provider == "openai" ? config.prices[0] : config.prices[1];
  CHECK(first.price.model == "gpt-4.1");
  CHECK(first.price.input == 2.0);
  CHECK(first.price.output == 8.0);
  CHECK(first.price.cached_input == 0.5);
  CHECK_FALSE(first.price.cache_write);
  CHECK(first.origin == "plenum.toml:2:1");
  CHECK(error_of("[prices]\nopenai = {input = 1, output = 1}").find("2:1: \"openai\" is not a model") !=
        std::string::npos);
  CHECK(error_of("[prices]\n\"a/b\" = 3").find("must be a table") != std::string::npos);
  CHECK(error_of("[prices]\n\"a/b\" = {input = 1}").find("requires both input and output") != std::string::npos);
  CHECK(error_of("[prices]\n\"a/b\" = {input = -1, output = 1}").find("2:18: input must be US dollars") !=
        std::string::npos);
  CHECK(error_of("[prices]\n\"a/b\" = {inputs = 1, input = 1, output = 1}").find("did you mean input?") !=
        std::string::npos);
  CHECK(error_of("prices = 1").find("prices must contain rows") != std::string::npos);
}

TEST_CASE("a council has the fields of a task, and its errors have their position in the file") {
  const auto config = loaded(R"(
[councils.review]
description = "Two vendors."
members = ["openai/gpt-4.1#skeptic", "anthropic"]
chairman = "openai"
judge = "anthropic"
workflow = "council"
personas = {skeptic = "You doubt."}
fallback = {openai = ["anthropic"]}
parameters = {max_tokens = 100, roles = {chairman = {seed = 7}}}
)");
  REQUIRE(config.councils.size() == 1);
  const auto& council = config.councils[0];
  CHECK(council.name == "review");
  CHECK(council.judge == "anthropic");
  CHECK(council.settings.members == std::vector<std::string>{"openai/gpt-4.1#skeptic", "anthropic"});
  CHECK(council.settings.workflow == "council");
  CHECK(council.settings.parameters.common.max_tokens == 100);
  CHECK(council.settings.parameters.roles.at("chairman").seed == 7);
  CHECK(error_of("[councils.a]\nmembers = [\"x\", \"x\"]") ==
        "plenum.toml:2:11: councils.a: members/1 names \"x\" twice");
  CHECK(error_of("[councils.a]\nchair = \"x\"\nmembers = [\"x\"]") ==
        "plenum.toml:2:9: councils.a: chair \"chair\" is not a key of a council");
  CHECK(error_of("[councils.a]\n") == "plenum.toml:1:1: councils.a: members is missing");
  CHECK(error_of("[councils.\"A b\"]\nmembers = [\"x\"]").find("is not a name of a council") != std::string::npos);
  CHECK(error_of("councils = 3").find("councils must contain at most 100 tables") != std::string::npos);
}

TEST_CASE("an unusable certificate file is an error at startup") {
  CHECK(error_of("ca_file = \"no/such/file.pem\"").find("ca_file: no/such/file.pem cannot be read") !=
        std::string::npos);
}

TEST_CASE("an unreadable file is an error with a remedy") {
  Sources sources;
  sources.file = "no/such/file.toml";
  const auto missing = load(sources);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "no/such/file.toml cannot be read: No such file or directory");
  CHECK_FALSE(missing.error().remedy.empty());
  sources.file = ".";
  CHECK_FALSE(load(sources));
}

TEST_CASE("durations and sizes of a provider accept units, and an unknown kind is an error with its position") {
  const auto config =
      loaded("[providers.a]\nkind = \"ollama\"\nidle_timeout_ms = \"5m\"\nevent_bytes_max = \"2MiB\"\n");
  CHECK(config.providers[0].kind == plenum::core::ProviderKind::ollama);
  CHECK(config.providers[0].idle_timeout == std::chrono::minutes(5));
  CHECK(config.providers[0].event_bytes_max == 2 * 1024 * 1024);
  CHECK(error_of("[providers.a]\nidle_timeout_ms = \"5min\"") ==
        "plenum.toml:2:19: idle_timeout_ms must be a duration from 10ms to 1d, not 5min");
  CHECK(
      error_of("[providers.a]\nkind = \"smoke\"") ==
      "plenum.toml:2:8: kind \"smoke\" is unknown; available: openai, openrouter, anthropic, gemini, ollama, offline, "
      "and the search engines searxng, tavily, duckduckgo");
}

TEST_CASE("a provider's table sets model parameters, with the ranges of a task") {
  const auto config = loaded(R"([providers.a]
kind = "openai"
temperature = 0
top_p = 0.5
max_tokens = 1000
seed = 7
stop = ["END", "###"]
reasoning_effort = "low"
)");
  const auto& set = config.providers[0].parameters;
  CHECK(set.temperature == 0.0);
  CHECK(set.top_p == 0.5);
  CHECK(set.max_tokens == 1000);
  CHECK(set.seed == 7);
  CHECK(set.stop == std::vector<std::string>{"END", "###"});
  CHECK(set.reasoning_effort == "low");
  CHECK(loaded("[providers.a]\nstop = \"END\"").providers[0].parameters.stop == std::vector<std::string>{"END"});
  const auto error = [](const std::string& line) { return error_of("[providers.a]\n" + line); };
  CHECK(error("temperature = 2.1") == "plenum.toml:2:15: temperature must be a number from 0 to 2");
  CHECK(error("temperature = nan").find("a number from 0 to 2") != std::string::npos);
  CHECK(error("top_p = 0").find("top_p must be a number above 0 and up to 1") != std::string::npos);
  CHECK(error("max_tokens = 0").find("max_tokens must be a whole number from 1 to 10000000") != std::string::npos);
  CHECK(error("seed = 1.5").find("seed must be a whole number") != std::string::npos);
  for (const auto* stop : {"[]", "\"\"", "7", "[\"a\", 7]", "[\"1\", \"2\", \"3\", \"4\", \"5\"]"}) {
    CAPTURE(stop);
    CHECK(error("stop = " + std::string(stop)).find("stop must be a string, or a list of 1 to 4") != std::string::npos);
  }
  CHECK(error("reasoning_effort = \"little\"").find("must be none, minimal, low") != std::string::npos);
  CHECK(error("response_format = {type = \"text\"}").find("is not a key of a provider") != std::string::npos);
  CHECK(error("temprature = 1").find("did you mean temperature?") != std::string::npos);
}

TEST_CASE("a provider's table sets how a JSON schema is enforced") {
  using StructuredOutput = plenum::core::ProviderInfo::StructuredOutput;
  const auto of = [](const std::string& value) {
    return loaded("[providers.a]\nstructured_output = \"" + value + "\"").providers[0].structured_output;
  };
  CHECK(of("json_schema") == StructuredOutput::json_schema);
  CHECK(of("tool") == StructuredOutput::tool);
  CHECK(of("none") == StructuredOutput::none);
  CHECK_FALSE(loaded("[providers.a]\nkind = \"openai\"").providers[0].structured_output);
  for (const auto* wrong : {"\"json\"", "true"}) {
    CHECK(error_of("[providers.a]\nstructured_output = " + std::string(wrong)) ==
          "plenum.toml:2:21: structured_output must be \"json_schema\", \"tool\" or \"none\"");
  }
}

TEST_CASE("the default models of a provider are a list, or a single one") {
  const auto config = loaded(
      "[providers.a]\nkind = \"openai\"\ndefault_models = [\"new\", \"old\"]\n"
      "[providers.b]\nkind = \"openai\"\ndefault_model = \"only\"\n");
  CHECK(config.providers[0].default_models == std::vector<std::string>{"new", "old"});
  CHECK(config.providers[1].default_models == std::vector<std::string>{"only"});
  CHECK(error_of("[providers.a]\ndefault_model = \"x\"\ndefault_models = [\"y\"]").find("keep default_models") !=
        std::string::npos);
  CHECK(error_of("[providers.a]\ndefault_models = \"x\"").find("must be a list of strings") != std::string::npos);
}
