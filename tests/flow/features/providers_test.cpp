// Provider protocols, keys, retries and limits, one test per feature (scripts/features).
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/features/feature_world.h"

namespace plenum::tests {

namespace {

constexpr const char* key = "sk-test-1234567890abcdef";

std::string table(std::string_view name, std::string_view kind, const std::string& base_url,
                  std::string_view more = {}) {
  return "[providers." + std::string(name) + "]\nkind = \"" + std::string(kind) + "\"\nbase_url = \"" + base_url +
         "\"\n" + std::string(more);
}

// A server whose only provider is `p`.
struct OneProvider {
  ScriptedUpstream upstream;
  ServerProcess server;

  OneProvider(std::string_view kind, Vendor vendor, std::string_view more = {})
      : server({.settings = {{"shutdown_grace_ms", "0"}},
                .tables = table("p", kind, upstream.base_url(vendor), more),
                .env = {{"P_KEY", key}}}) {}
  // The terminal event of a single task.
  Json run(std::string_view fields = {}) {
    std::string body = R"({"task":"Say something.","workflow":"single","members":["p/m1"])";
    if (!fields.empty()) body.append(",").append(fields);
    const HttpReply reply = post(server.port(), "/api/stream/task", body + "}", {{"Accept", "text/event-stream"}});
    return Json::parse(reply.body.substr(reply.body.rfind("data: ") + 6));
  }
};

Script whole(Vendor vendor, std::string_view text) {
  return Script::stream(Framing::chunked, vendor).send(text_chunk(vendor, text)).finish();
}

int receipts_of(const Json& last) { return static_cast<int>(last["result"]["receipts"].size()); }

Script rejected_with(int status, std::string_view message) {
  return Script::answer(status, error_body(Vendor::openai, status, message));
}

}  // namespace

TEST_CASE("D1 seven vendors with OpenAI's protocol are known by name, address, key variable and default model") {
  struct Known {
    const char *name, *variable, *base_url;
  };
  constexpr Known known[] = {
      {"openai", "OPENAI_API_KEY", "https://api.openai.com/v1"},
      {"xai", "XAI_API_KEY", "https://api.x.ai/v1"},
      {"perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai"},
      {"groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1"},
      {"deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1"},
      {"mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1"},
      {"together", "TOGETHER_API_KEY", "https://api.together.xyz/v1"},
  };
  ServerProcess server;
  const Json providers = get(server.port(), "/api/models").json()["providers"];
  for (const Known& row : known) {
    CAPTURE(row.name);
    bool found = false;
    for (const Json& provider : providers) {
      if (provider["name"] != row.name) continue;
      found = true;
      CHECK(provider["base_url"] == row.base_url);
      CHECK(provider["key_env"] == row.variable);
      CHECK(provider["default_model"].is_string());
    }
    CHECK(found);
  }
}

TEST_CASE("D1 a call in OpenAI's protocol carries the key as a bearer token and requests a stream with usage") {
  OneProvider world("openai", Vendor::openai, "key_env = \"P_KEY\"\n");
  world.upstream.always(whole(Vendor::openai, "hello"));
  CHECK(world.run()["result"]["answer"] == "hello");
  const auto request = world.upstream.request(0);
  CHECK(request.path == "/v1/chat/completions");
  CHECK(request.headers.at("authorization") == std::string("Bearer ") + key);
  const Json body = Json::parse(request.body);
  CHECK(body["stream"] == true);
  CHECK(body["stream_options"]["include_usage"] == true);
}

TEST_CASE("D2 Anthropic is called natively: key header, version, system text, required max_tokens") {
  OneProvider world("anthropic", Vendor::anthropic, "key_env = \"P_KEY\"\n");
  world.upstream.always(whole(Vendor::anthropic, "hello"));
  const Json last = world.run();
  CHECK(last["result"]["answer"] == "hello");
  CHECK(last["result"]["usage"]["prompt_tokens"] == 7);
  const auto request = world.upstream.request(0);
  CHECK(request.path == "/v1/messages");
  CHECK(request.headers.at("x-api-key") == key);
  CHECK(request.headers.at("anthropic-version") == "2023-06-01");
  CHECK(Json::parse(request.body)["max_tokens"].is_number_integer());
}

TEST_CASE("D3 Gemini is called natively, and its key is in a header and not in the URL") {
  OneProvider world("gemini", Vendor::gemini, "key_env = \"P_KEY\"\n");
  world.upstream.always(whole(Vendor::gemini, "hello"));
  CHECK(world.run()["result"]["answer"] == "hello");
  const auto request = world.upstream.request(0);
  CHECK(request.path == "/v1beta/models/m1:streamGenerateContent?alt=sse");
  CHECK(request.headers.at("x-goog-api-key") == key);
}

TEST_CASE("D4 OpenRouter reports its cost, and its error in the middle of an answer fails the call") {
  OneProvider world("openrouter", Vendor::openai, "key_env = \"P_KEY\"\nretries_max = 0\n");
  world.upstream.next(Script::stream().words({"hello"}).send(
      data_line(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})") +
      data_line(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"cost":0.0125}})") +
      "data: [DONE]\n\n"));
  world.upstream.next(Script::stream().words({"half"}).send(data_line(
      R"({"error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]})")));
  const Json paid = world.run();
  CHECK(paid["result"]["cost"]["usd"] == 0.0125);
  CHECK(paid["result"]["cost"]["origin"] == "reported");
  const Json failed = world.run(R"("cache":false)");
  CHECK(failed["type"] == "task_error");
  CHECK(failed["error"]["message"].get<std::string>().find("Provider disconnected") != std::string::npos);
}

TEST_CASE("D5 Ollama needs no key, and its model is called by its name") {
  OneProvider world("ollama", Vendor::openai);
  world.upstream.always(whole(Vendor::openai, "hello"));
  CHECK(world.run()["result"]["answer"] == "hello");
  CHECK(world.upstream.request(0).headers.count("authorization") == 0);
}

TEST_CASE(
    "D6 an endpoint of the configuration is called at its address with the key of its variable, or without a key") {
  for (const std::string more : {"key_env = \"P_KEY\"\n", ""}) {
    OneProvider world("openai", Vendor::openai, more);
    world.upstream.always(whole(Vendor::openai, "hello"));
    CHECK(world.run()["result"]["answer"] == "hello");
    CHECK(world.upstream.request(0).headers.count("authorization") == (more.empty() ? 0 : 1));
  }
}

TEST_CASE("D7 a provider that cannot stream gives its answer as one text") {
  OneProvider world("openai", Vendor::openai);
  world.upstream.always(Script::answer(
      200, R"({"choices":[{"index":0,"message":{"role":"assistant","content":"all at once"},"finish_reason":"stop"}],)"
           R"("usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})"));
  const Json last = world.run();
  CHECK(last["result"]["answer"] == "all at once");
  CHECK(last["result"]["usage"]["completion_tokens"] == 3);
}

TEST_CASE("D8 a member without a key is skipped, and the result names the variable to set") {
  FeatureWorld world({}, table("keyless", "openai", "http://127.0.0.1:9/v1", "key_env = \"NOT_SET_KEY\"\n"));
  world.script_steps();
  const Json result = world.run("raw", R"("members":["bench/m1","keyless/m"])")["result"];
  CHECK(result["skipped"].dump().find("NOT_SET_KEY") != std::string::npos);
  CHECK(result["degraded"] == true);
}

TEST_CASE("D10 a step that needs JSON sends its schema to a provider that enforces one, and a fallback without") {
  for (const std::string mode : {"json_schema", "none"}) {
    OneProvider world("openai", Vendor::openai, "structured_output = \"" + mode + "\"\n");
    world.upstream.always(whole(Vendor::openai, "VOTE: A"));
    const HttpReply reply = post(
        world.server.port(), "/api/stream/task",
        R"({"task":"t","workflow":"vote","members":["p/m1","p/m2"],"stream":false,"options":{"choices":["a","b"]}})");
    CHECK(reply.status == 200);
    CHECK((world.upstream.request(0).body.find("json_schema") != std::string::npos) == (mode == "json_schema"));
  }
}

TEST_CASE("D11 a call that fails before its first token is repeated with a growing wait, and its text appears once") {
  OneProvider world("openai", Vendor::openai);
  world.upstream.on({.times = 2}, rejected_with(503, "busy"));
  world.upstream.always(whole(Vendor::openai, "at last"));
  const Json last = world.run();
  CHECK(last["result"]["answer"] == "at last");
  CHECK(receipts_of(last) == 3);
}

TEST_CASE("D11 a call that fails after its first token is not repeated") {
  OneProvider world("openai", Vendor::openai);
  world.upstream.next(Script::stream(Framing::until_close).words({"half"}).cut(Cut::fin));
  world.upstream.always(whole(Vendor::openai, "never"));
  CHECK(world.run()["type"] == "task_error");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("D12 the wait that a provider requests precedes the repetition") {
  OneProvider world("openai", Vendor::openai);
  world.upstream.next(
      Script::answer(429, error_body(Vendor::openai, 429, "slow down"), "application/json", {{"Retry-After", "1"}}));
  world.upstream.always(whole(Vendor::openai, "at last"));
  CHECK(world.run()["result"]["answer"] == "at last");
  CHECK(world.upstream.request(1).at - world.upstream.request(0).at >= milliseconds(1000));
}

TEST_CASE("D13 the first token, the silence between tokens and the whole call have their own timeouts") {
  const std::string limit = scaled_text(milliseconds(300));
  const Latch never("never");
  {
    OneProvider world("openai", Vendor::openai, "retries_max = 0\nfirst_token_timeout_ms = " + limit + "\n");
    world.upstream.always(Script::silence());
    CHECK(world.run()["error"]["code"] == "timeout");
  }
  {
    OneProvider world("openai", Vendor::openai, "retries_max = 0\nidle_timeout_ms = " + limit + "\n");
    world.upstream.always(Script::stream().words({"half"}).wait_for(never));
    CHECK(world.run()["error"]["code"] == "timeout");
  }
  {
    OneProvider world("openai", Vendor::openai, "retries_max = 0\n");
    world.upstream.always(Script::stream().words({"half"}).wait_for(never));
    CHECK(world.run("\"member_deadline_ms\":" + limit)["error"]["code"] == "timeout");
    CHECK(world.run("\"cache\":false,\"deadline_ms\":" + limit)["error"]["code"] == "deadline_exceeded");
  }
}

TEST_CASE("D14 an answer without its end mark is truncated and never a whole answer") {
  for (const Vendor vendor : all_vendors) {
    OneProvider world(vendor_name(vendor), vendor, "retries_max = 0\n");
    world.upstream.always(Script::stream(Framing::until_close, vendor).send(text_chunk(vendor, "half")).cut(Cut::fin));
    const Json last = world.run();
    CHECK(last["type"] == "task_error");
    CHECK(last["error"]["code"] == "truncated");
    CHECK(last["result"]["answers"][0]["text"] == "half");
  }
}

TEST_CASE("D15 a key that a provider echoes reaches no event, response or log line") {
  OneProvider world("openai", Vendor::openai, "key_env = \"P_KEY\"\nretries_max = 0\n");
  world.upstream.next(rejected_with(401, std::string("Incorrect API key provided: ") + key));
  world.upstream.always(whole(Vendor::openai, std::string("my key is ") + key));
  std::string seen = world.run().dump() + world.run(R"("cache":false)").dump();
  seen += get(world.server.port(), "/api/models").body + get(world.server.port(), "/status").body + world.server.log();
  CHECK(seen.find(key) == std::string::npos);
  CHECK(seen.find("[REDACTED]") != std::string::npos);
}

TEST_CASE("D16 the error of a call has the class of its cause") {
  const std::pair<int, const char*> cases[] = {{401, "authentication"}, {402, "billing"}, {429, "rate_limit"},
                                               {503, "overloaded"},     {408, "timeout"}, {400, "invalid_request"},
                                               {500, "server"}};
  for (const auto& [status, expected] : cases) {
    CAPTURE(status);
    OneProvider world("openai", Vendor::openai, "retries_max = 0\n");
    world.upstream.always(rejected_with(status, "no"));
    CHECK(world.run()["error"]["code"] == expected);
  }
}

TEST_CASE("D17 a member that fails is replaced along its chain, and the result names both") {
  FeatureWorld world;
  world.upstream.on({.model = "m1"}, rejected_with(400, "gone"));
  world.script_steps();
  const Json result = world.run("single", R"("members":["bench/m1"],"fallback":{"bench/m1":["bench/m2"]})")["result"];
  CHECK(result["answer"] == "the answer of m2");
  CHECK(result["answers"][0]["member"] == "bench/m2");
  CHECK(result["reasons"].dump().find("bench/m1") != std::string::npos);
}

TEST_CASE("D18 reasoning is separate from the answer, whether sent in a field of its own or in inline tags") {
  FeatureWorld world;
  world.upstream.next(Script::stream().send(reasoning_chunk("let me think")).words({"42"}).finish());
  world.upstream.next(whole_answer("<think>let me think</think>\n\n42"));
  for (int i = 0; i < 2; ++i) {
    const auto frames =
        world.whole_stream(world.submit("single", "Say something.", R"("members":["bench/m1"],"cache":false)"));
    CHECK(streamed_text(frames).find("think") == std::string::npos);
    const Json answer = frames.back().json()["result"]["answers"][0];
    CHECK(answer["text"] == "42");
    CHECK(answer["reasoning"].get<std::string>().find("let me think") != std::string::npos);
  }
}

}  // namespace plenum::tests
