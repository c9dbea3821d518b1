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

std::string fault(std::string_view toml, const Sources& sources = {}) {
  const auto result = load_text("plenum.toml", toml, sources);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == plenum::ErrorCode::config_invalid);
  return result.error().message;
}

}  // namespace

TEST_CASE("without any source every setting has its documented default") {
  const auto config = loaded("");
  CHECK(config.listen == "127.0.0.1:8080");
  CHECK(config.store == "sqlite");
  CHECK(config.heartbeat == milliseconds(15'000));
  CHECK(config.stream_bytes_max == 256 * 1024 * 1024);
  CHECK(config.stream_events_max == 1'000'000);
  CHECK(config.allow_public == false);
  CHECK(config.providers.empty());
}

TEST_CASE("flags win over the environment, the environment over the file, the file over the default") {
  Sources sources;
  CHECK(loaded("heartbeat_ms = 100").heartbeat == milliseconds(100));
  sources.environment["PLENUM_HEARTBEAT_MS"] = "200";
  CHECK(loaded("heartbeat_ms = 100", sources).heartbeat == milliseconds(200));
  sources.flags["heartbeat_ms"] = "300";
  CHECK(loaded("heartbeat_ms = 100", sources).heartbeat == milliseconds(300));
}

TEST_CASE("a fault in the file is told with file, line and column") {
  CHECK(fault("event_loops = 1\nheartbeat_ms = 5\n") ==
        "plenum.toml:2:16: heartbeat_ms: \"5\" is not a whole number from 10 to 3600000 milliseconds");
  CHECK(fault("event_loops = \"two\"") ==
        "plenum.toml:1:15: event_loops must be a whole number from 0 to 256, not a text");
  CHECK(fault("listen = 8080") == "plenum.toml:1:10: listen must be text, not a number");
  CHECK(fault("allowed_hosts = [1]").rfind("plenum.toml:1:17: allowed_hosts must be a list of texts", 0) == 0);
  CHECK(fault("a = \n").rfind("plenum.toml:1:", 0) == 0);
}

TEST_CASE("an unknown key is a fault that names the nearest known one") {
  CHECK(fault("hartbeat_ms = 5") == "plenum.toml:1:1: hartbeat_ms is not a setting; did you mean heartbeat_ms?");
  CHECK(fault("[provider.x]\nkind = \"openai\"").find("did you mean providers?") != std::string::npos);
  CHECK(fault("[providers.x]\nbase = \"http://h\"").rfind("plenum.toml:2:1: base is not a key of a provider", 0) == 0);
}

TEST_CASE("all faults are told at once, each on its line") {
  Sources sources;
  sources.environment["PLENUM_EVENT_LOOPS"] = "many";
  sources.flags["request_threads"] = "0";
  const auto text = fault("heartbeat_ms = 1\nzzzzzzzz = 1", sources);
  CHECK(text.find("plenum.toml:1:16:") != std::string::npos);
  CHECK(text.find("plenum.toml:2:1: zzzzzzzz is not a setting") != std::string::npos);
  CHECK(text.find("PLENUM_EVENT_LOOPS: \"many\" is not") != std::string::npos);
  CHECK(text.find("--request-threads: \"0\" is not") != std::string::npos);
}

TEST_CASE("a variable that is nearly a setting is noted, a foreign one is left alone") {
  Sources sources;
  sources.environment = {{"PLENUM_LISTN", "127.0.0.1:1"}, {"PLENUM_TEST_SLOWNESS", "3"}};
  const auto result = load_text("", "", sources);
  REQUIRE(result);
  REQUIRE(result->notes.size() == 1);
  CHECK(result->notes[0] == "the variable PLENUM_LISTN is no setting of this server; PLENUM_LISTEN is");
}

TEST_CASE("listening where other machines reach it needs a word of consent") {
  CHECK(fault("listen = \"0.0.0.0:8080\"").find("allow_public = true") != std::string::npos);
  CHECK(fault("listen = \"[::]:8080\"").find("allow_public = true") != std::string::npos);
  CHECK(fault("listen = \"example.org:80\"").find("allow_public = true") != std::string::npos);
  CHECK(loaded("listen = \"0.0.0.0:8080\"\nallow_public = true").allow_public);
  for (const auto* here : {"127.0.0.1:0", "127.9.9.9:1", "[::1]:8080", "localhost:8080"}) {
    CHECK(loaded("listen = \"" + std::string(here) + "\"").listen == here);
  }
}

TEST_CASE("an address to listen on is taken apart or refused") {
  CHECK(parse_listen("[::1]:80").value() == std::pair<std::string, std::uint16_t>("::1", 80));
  CHECK(parse_listen("127.0.0.1:0").value().second == 0);
  for (const auto* text : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                           "[127.0.0.1]:80", "h/x:80", "h:80x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen(text));
  }
}

TEST_CASE("a store is memory, a file that is named, or the usual file of this user") {
  CHECK(loaded("store = \"sqlite:events.db\"").store == "sqlite:events.db");
  CHECK(fault("store = \"redis\"").find("set store = \"sqlite:PATH\" or \"memory\"") != std::string::npos);
  CHECK(fault("store = \"sqlite:\"").find("is not a store") != std::string::npos);
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
  variables["XDG_STATE_HOME"] = "relative";  // the specification says to ignore it
  CHECK(path("sqlite") == "/people/ada/.local/state/plenum/plenum.db");
}

TEST_CASE("providers keep the order of the file and know where they stand") {
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

TEST_CASE("a provider's name must fit into a member's id") {
  CHECK(fault("[providers.\"a/b\"]\nkind = \"openai\"").find("cannot name a provider") != std::string::npos);
  CHECK(fault("[providers.Open]\nkind = \"openai\"").find("cannot name a provider") != std::string::npos);
  CHECK(fault("providers = 3").find("must hold tables") != std::string::npos);
  CHECK(fault("[providers.a]\nkind = 3").find("kind must be a text, not a number") != std::string::npos);
}

TEST_CASE("limits and bounds of a provider are whole numbers within their bounds") {
  const auto config =
      loaded("[providers.a]\nkind = \"ollama\"\nconcurrent_requests_max = 1\nretries_max = 0\nfallback = [\"b/c\"]\n");
  CHECK(config.providers[0].concurrent_requests_max == 1);
  CHECK(config.providers[0].retries_max == 0);
  CHECK(config.providers[0].queue_max == 1000);
  CHECK(config.providers[0].fallback == std::vector<std::string>{"b/c"});
  CHECK(fault("[providers.a]\nretries_max = 4").find("2:15: retries_max must be a whole number from 0 to 3, not 4") !=
        std::string::npos);
  CHECK(fault("[providers.a]\nconcurrent_requests_max = \"x\"").find("must be a whole number") != std::string::npos);
  CHECK(fault("[providers.a]\nparalel_max = 1").find("did you mean concurrent_requests_max?") != std::string::npos);
}

TEST_CASE("prices are dollars for a million tokens of a model or of all models of a provider") {
  const auto config = loaded(
      "[prices]\n\"openai/gpt-4.1\" = {input = 2.0, output = 8, cached_input = 0.5}\n\"ollama/*\" = {input = 0, output "
      "= 0}\n");
  REQUIRE(config.prices.size() == 2);
  const auto& first = config.prices[0].provider == "openai" ? config.prices[0] : config.prices[1];
  CHECK(first.model == "gpt-4.1");
  CHECK(first.input == 2.0);
  CHECK(first.output == 8.0);
  CHECK(first.cached_input == 0.5);
  CHECK_FALSE(first.cache_write);
  CHECK(first.origin == "plenum.toml:2:1");
  CHECK(fault("[prices]\nopenai = {input = 1, output = 1}").find("2:1: \"openai\" is not a model") !=
        std::string::npos);
  CHECK(fault("[prices]\n\"a/b\" = 3").find("must be a table") != std::string::npos);
  CHECK(fault("[prices]\n\"a/b\" = {input = 1}").find("needs both input and output") != std::string::npos);
  CHECK(fault("[prices]\n\"a/b\" = {input = -1, output = 1}").find("2:18: input must be US dollars") !=
        std::string::npos);
  CHECK(fault("[prices]\n\"a/b\" = {inputs = 1, input = 1, output = 1}").find("did you mean input?") !=
        std::string::npos);
  CHECK(fault("prices = 1").find("prices must hold rows") != std::string::npos);
}

TEST_CASE("a file of certificates that cannot be used is found at the start") {
  CHECK(fault("ca_file = \"no/such/file.pem\"").find("ca_file: no/such/file.pem cannot be read") != std::string::npos);
}

TEST_CASE("a file that cannot be read is a fault with a remedy") {
  Sources sources;
  sources.file = "no/such/file.toml";
  const auto missing = load(sources);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "no/such/file.toml: the file cannot be read");
  CHECK_FALSE(missing.error().remedy.empty());
  sources.file = ".";
  CHECK_FALSE(load(sources));
}
