// Providers behind real outbound proxies: tinyproxy and microsocks, with and without credentials.
#include "tests/flow/faults/outbound_proxy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/flow/faults/secret_search.h"
#include "tests/flow/world.h"
#include "tests/support/embedding/embedding_double.h"
#include "tests/support/net/tls_front.h"

namespace plenum::tests {

namespace {

const OutboundProxy::Credentials credentials{"operator", "k7Qz9vR2-wB4xT6nM-W3x"};

std::string with_credentials(const OutboundProxy& proxy, std::string_view scheme = "http") {
  return std::string(scheme) + "://" + credentials.user + ":" + credentials.password + "@" + proxy.address();
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A provider `bench` behind TLS with a name that only the proxies can resolve.
struct Remote {
  Remote() : front(upstream.port(), Certificate::good) { upstream.always(whole_answer("through")); }

  std::string url() const { return front.base_url("front.quick.test"); }
  std::string target() const { return url().substr(8, url().size() - 11); }
  std::string plain_url() const { return "http://plain.quick.test:" + std::to_string(upstream.port()) + "/v1"; }

  ServerProcess serve(std::map<std::string, std::string> env, const std::string& table, Settings settings = {}) {
    settings.emplace("shutdown_grace_ms", "0");
    settings.emplace("ca_file", quoted(dir.write("ca.pem", TlsFront::authority_pem())));
    env.emplace("BENCH_KEY", "a-key-of-the-provider-1");
    return ServerProcess({.settings = settings, .tables = table, .env = std::move(env)});
  }
  std::string table() const { return provider_table("bench", url(), "key_env = \"BENCH_KEY\"\n"); }

  TempDir dir;
  ScriptedUpstream upstream;
  TlsFront front;
};

struct Outcome {
  Json end;
  std::string all;  // every frame
  std::size_t retries = 0;

  std::string code() const { return end.value("/error/code"_json_pointer, std::string("ok")); }
};

Outcome outcome(const ServerProcess& server, const std::string& member = "bench/m") {
  HttpReply reply = post(server.port(), "/api/stream/task",
                         task_body("single", "Say something.", R"("members":[")" + member + R"("])"));
  REQUIRE(reply.status == 202);
  SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
  REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
  Outcome seen;
  seen.end = reader.frames().back().json();
  for (const Frame& frame : reader.frames()) {
    seen.all += frame.data + "\n";
    seen.retries += contains(frame.data, R"("code":"retry")") ? 1 : 0;
  }
  return seen;
}

void check_no_credentials(const std::string& text) {
  CHECK(spelling_found_in(text, credentials.password) == "");
  CHECK(spelling_found_in(text, credentials.user + ":" + credentials.password) == "");
}

}  // namespace

TEST_CASE("HTTPS_PROXY is used with its credentials, resolves the provider's name, and no output contains them") {
  Remote remote;
  const auto proxy = OutboundProxy::http(credentials);
  ServerProcess server = remote.serve({{"HTTPS_PROXY", with_credentials(proxy)}}, remote.table());
  const Outcome seen = outcome(server);
  CHECK_MESSAGE(seen.code() == "ok", seen.all);
  CHECK(proxy.requests() == "CONNECT " + remote.target() + " HTTP/1.1\n");
  REQUIRE(remote.upstream.request_count() == 1);
  CHECK(remote.upstream.request(0).headers.count("proxy-authorization") == 0);
  CHECK(remote.upstream.request(0).headers.at("authorization") == "Bearer a-key-of-the-provider-1");
  CHECK(contains(server.log(), "bench called through the proxy http://" + proxy.address() + " (HTTPS_PROXY)"));
  for (const char* path : {"/api/models", "/api/models?live=1", "/status", "/metrics", "/api/workflows"}) {
    check_no_credentials(get(server.port(), path).body);
  }
  check_no_credentials(seen.all + server.log() + server.out());
}

TEST_CASE("a proxy that requires credentials, or rejects them, is named with its variable and not called again") {
  Remote remote;
  const auto proxy = OutboundProxy::http(credentials);
  const std::pair<std::string, const char*> cases[] = {
      {"http://" + proxy.address(), "requires a user and password (407)"},
      {"http://operator:wrong-proxy-password@" + proxy.address(), "rejected the user and password (40"}};
  std::size_t requests = 0;
  for (const auto& [value, why] : cases) {
    ServerProcess server = remote.serve({{"https_proxy", value}}, remote.table());
    const Outcome seen = outcome(server);
    CHECK(contains(seen.all, "\"invalid_request\""));
    CHECK_MESSAGE(contains(seen.all, "proxy http://" + proxy.address() + " " + why), seen.all);
    CHECK_MESSAGE(contains(seen.all, "in https_proxy."), seen.all);
    CHECK_FALSE(contains(seen.all, "BENCH_KEY"));
    CHECK_FALSE(contains(seen.all + server.log(), "wrong-proxy-password"));
    CHECK(seen.retries == 0);
    requests += 1;
    const std::string connects = proxy.requests();
    CHECK(static_cast<std::size_t>(std::count(connects.begin(), connects.end(), '\n')) == requests);
  }
  CHECK(remote.upstream.request_count() == 0);
}

TEST_CASE("an unencrypted request that a proxy rejects with 407 is the proxy's error, and costs nothing") {
  Remote remote;
  const auto proxy = OutboundProxy::http(credentials);
  ServerProcess server =
      remote.serve({{"HTTP_PROXY", "http://" + proxy.address()}}, provider_table("bench", remote.plain_url()));
  const Outcome seen = outcome(server);
  CHECK_MESSAGE(contains(seen.all, "proxy http://" + proxy.address() + " requires a user and password (407)"),
                seen.all);
  CHECK(contains(seen.all, R"("usd":0)"));
  CHECK(remote.upstream.request_count() == 0);
}

TEST_CASE("a proxy that rejects CONNECT is named with its status and the target, and not called again") {
  Remote remote;
  const auto proxy = OutboundProxy::http({}, "ConnectPort 1\n");
  ServerProcess server = remote.serve({}, remote.table(), {{"proxy", quoted(proxy.address())}});
  const Outcome seen = outcome(server);
  CHECK_MESSAGE(
      contains(seen.all, "proxy http://" + proxy.address() + " refused CONNECT to " + remote.target() + " with 403"),
      seen.all);
  CHECK(contains(seen.all, "is set by the setting proxy"));
  CHECK(contains(seen.all, R"("usd":0)"));
  CHECK(seen.retries == 0);
  CHECK(proxy.requests() == "CONNECT " + remote.target() + " HTTP/1.1\n");
}

TEST_CASE("a proxy that is not running, or cannot reach the provider, is a transport error and retried") {
  Remote remote;
  const std::string dead = "127.0.0.1:" + std::to_string(unused_port());
  const auto proxy = OutboundProxy::http();
  const std::string unreachable = "https://127.0.0.1:" + std::to_string(unused_port()) + "/v1";
  struct Case {
    std::string proxy, base_url, why;
  };
  const Case cases[] = {
      {"http://" + dead, remote.url(), "proxy http://" + dead + ": "},
      {"http://" + proxy.address(), unreachable, "proxy http://" + proxy.address() + " refused CONNECT"}};
  for (const Case& one : cases) {
    ServerProcess server =
        remote.serve({}, provider_table("bench", one.base_url, "retries_max = 1\nproxy = " + quoted(one.proxy) + "\n"));
    const Outcome seen = outcome(server);
    CHECK(contains(seen.all, R"("code":"transport")"));
    CHECK_MESSAGE(contains(seen.all, one.why), seen.all);
    CHECK(contains(seen.all, "is set by proxy of [providers.bench]"));
    CHECK(seen.retries == 1);
  }
  CHECK(remote.upstream.request_count() == 0);
}

TEST_CASE("models, lists of models, embeddings and web searches all go through the proxy of their provider") {
  ScriptedUpstream upstream;
  upstream.on({.path = "/v1/models"}, Script::answer(200, R"({"data":[{"id":"m"}]})"));
  upstream.on({.path = "/v1/embeddings"}, Script::answer(200, embedding_response("any")));
  upstream.on({.path = "/search"},
              Script::answer(200, R"({"results":[{"title":"T","url":"https://a.test/","content":"c"}]})"));
  upstream.always(whole_answer("answer"));
  const auto proxy = OutboundProxy::http(credentials);
  const std::string through = "proxy = " + quoted(with_credentials(proxy)) + "\n";
  const std::string host = "http://127.0.0.1:" + std::to_string(upstream.port());
  ServerProcess server({.settings = {{"shutdown_grace_ms", "0"},
                                     {"cache_bytes_max", quoted("1MiB")},
                                     {"semantic_cache_provider", quoted("bench")},
                                     {"semantic_cache_model", quoted("e")}},
                        .tables = provider_table("bench", host + "/v1", through) +
                                  "[providers.searx]\nkind = \"searxng\"\nbase_url = " + quoted(host) + "\n" +
                                  through});
  REQUIRE(get(server.port(), "/api/models?live=1").status == 200);
  HttpReply reply =
      post(server.port(), "/api/stream/task",
           task_body("synthesize", "What is new?", R"("members":["bench/a","bench/b"],"options":{"search":true})"));
  REQUIRE_MESSAGE(reply.status == 202, reply.body);
  SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
  REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
  const std::string requests = proxy.requests();
  for (const char* path : {"/v1/models ", "/v1/embeddings ", "/v1/chat/completions ", "/search?"}) {
    CHECK_MESSAGE(contains(requests, host + path), path << " is not in:\n" << requests);
  }
  const std::string models = get(server.port(), "/api/models").body;
  check_no_credentials(models + server.log());
}

TEST_CASE("loopback addresses are called directly, whatever the setting and the environment are") {
  Remote remote;
  const std::string dead = "http://127.0.0.1:" + std::to_string(unused_port());
  ServerProcess server =
      remote.serve({{"HTTP_PROXY", dead}, {"HTTPS_PROXY", dead}, {"ALL_PROXY", dead}},
                   provider_table("bench", remote.upstream.base_url()) + provider_table("tls", remote.front.base_url()),
                   {{"proxy", quoted(dead)}});
  CHECK(outcome(server).code() == "ok");
  CHECK(outcome(server, "tls/m").code() == "ok");
}

TEST_CASE("hosts of NO_PROXY and providers with proxy = none are called directly" * doctest::skip(sanitized())) {
  Remote remote;
  const std::string dead = "http://127.0.0.1:" + std::to_string(unused_port());
  ServerProcess server = remote.serve({{"HTTPS_PROXY", dead},
                                       {"ALL_PROXY", dead},
                                       {"NO_PROXY", "other.test,.quick.test:" + std::to_string(remote.upstream.port())},
                                       {"LD_PRELOAD", STALLED_NAMES_PATH}},
                                      provider_table("listed", remote.plain_url()) +
                                          provider_table("own", remote.url(), "proxy = \"none\"\n") +
                                          provider_table("bench", remote.url(), "retries_max = 0\n"));
  CHECK(outcome(server, "listed/m").code() == "ok");
  CHECK(outcome(server, "own/m").code() == "ok");
  CHECK(contains(outcome(server).all, "proxy " + dead));
}

TEST_CASE("ALL_PROXY may be a SOCKS proxy, with its credentials and the provider's name") {
  Remote remote;
  const auto proxy = OutboundProxy::socks(credentials);
  {
    ServerProcess server = remote.serve({{"ALL_PROXY", with_credentials(proxy, "socks5")}}, remote.table());
    const Outcome seen = outcome(server);
    CHECK_MESSAGE(seen.code() == "ok", seen.all);
    check_no_credentials(seen.all + server.log());
  }
  ServerProcess server = remote.serve({{"ALL_PROXY", "socks5://operator:wrong@" + proxy.address()}}, remote.table());
  const Outcome seen = outcome(server);
  CHECK_MESSAGE(contains(seen.all, "proxy socks5h://" + proxy.address() + " rejected the user and password"), seen.all);
  CHECK(seen.retries == 0);
}

TEST_CASE("an invalid proxy prevents the start; the error names the variable and does not repeat its value") {
  const std::pair<const char*, const char*> cases[] = {
      {"HTTPS_PROXY", "ftp://operator:k7Qz9vR2-wB4xT6nM-W3x@proxy.test:21"},
      {"all_proxy", "http://operator:k7Qz9vR2-wB4xT6nM-W3x@:99999"}};
  for (const auto& [name, value] : cases) {
    const Finished run = run_to_end({.program = PLENUMD_PATH,
                                     .args = {"--listen", "127.0.0.1:0", "--store", "memory", "--check"},
                                     .env = {{name, value}},
                                     .stdin_text = {}},
                                    seconds(20));
    CHECK(run.exit_code != 0);
    CHECK_MESSAGE(contains(run.err, name), run.err);
    check_no_credentials(run.err + run.out);
  }
}

}  // namespace plenum::tests
