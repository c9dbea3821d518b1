// Answers of real servers and gateways, byte by byte as they were reported, and what becomes of the task.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

std::string recorded(const std::string& name) {
  std::ifstream file(GOLDEN_DIR "/../protocol/" + name + ".sse", std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Case {
  const char* recording;
  const char* content_type;
  const char* text;
  const char* code = "";  // of the error; empty: the task is completed
  const char* message = "";
  const char* reasoning = "";
};

const Case cases[] = {
    {"openai/error_field_after_text", "text/event-stream", "Half", "invalid_request",
     "exceeds the available context size"},
    {"openai/error_line_after_text", "text/event-stream", "Half", "invalid_request",
     "exceeds the available context size"},
    {"openai/error_field_alone", "text/event-stream", "", "invalid_request", "exceeds the available context size"},
    {"openai/error_field_without_end", "text/event-stream", "", "invalid_request",
     "exceeds the available context size"},
    {"openai/text_after_finish_then_cut", "text/event-stream", "Hello the rest of this sent", "truncated"},
    {"openai/text_after_finish_then_done", "text/event-stream", "Hello"},
    {"openai/finish_reason_word_null_then_cut", "text/event-stream", "Hello wor", "truncated"},
    {"openai/finish_reason_word_null_then_stop", "text/event-stream", "Hello"},
    {"openai/empty_data_event", "text/event-stream", "Hello"},
    {"openai/empty_data_without_colon", "text/event-stream", "Hello"},
    {"openai/empty_data_after_finish", "text/event-stream", "Hello"},
    {"openai/done_with_blank_after_finish", "text/event-stream", "Hello"},
    {"openai/python_usage_after_finish", "text/event-stream", "Hello"},
    {"openai/infinite_usage_after_finish", "text/event-stream", "Hello"},
    {"openai/bare_done_after_finish", "text/event-stream", "Hello"},
    {"openai/done_with_blank_alone", "text/event-stream", "Hello"},
    {"openai/mistral_thinking_parts", "text/event-stream", "Hello", "", "", "let me see"},
    {"openai/message_instead_of_delta", "text/event-stream", "Hello"},
    {"openai/whole_message_then_done", "text/event-stream", "Hello"},
    {"openai/whole_message", "text/event-stream", "Hello"},
    {"openai/whole_message", "", "Hello"},
    {"openai/empty_data_event", "application/json", "Hello"},
    {"anthropic/without_message_stop", "text/event-stream", "Hello"},
};

const std::string no_retries = "retries_max = 0\n";

}  // namespace

TEST_CASE("an answer of a real server is completed if it is whole, and else an error that retains its text") {
  ScriptedUpstream upstream;
  std::string anthropic = provider_table("claude", upstream.base_url(), no_retries + "key_env = \"CLAUDE_KEY\"\n");
  anthropic.replace(anthropic.find("\"openai\""), 8, "\"anthropic\"");
  ServerProcess server({.settings = {{"breaker_cooldown_ms", "100"}},
                        .tables = provider_table("bench", upstream.base_url(), no_retries) + anthropic,
                        .env = {{"CLAUDE_KEY", "k"}}});
  for (const Case& one : cases) {
    CAPTURE(one.recording);
    const std::string name = one.recording;
    upstream.next(Script::answer(200, recorded(name), one.content_type));
    const std::string member = name.starts_with("anthropic") ? "claude/m" : "bench/m";
    const HttpReply reply =
        post(server.port(), "/api/stream/task",
             task_body("single", "Say something.", R"("cache":false,"members":[")" + member + "\"]"));
    REQUIRE(reply.status == 202);
    SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
    const auto frames = reader.numbered();
    CHECK(broken_rule(frames) == "");
    const Json last = frames.back().json();
    CHECK(last["result"]["answers"][0]["text"] == one.text);
    CHECK(last["result"]["answers"][0].value("reasoning", "") == one.reasoning);
    if (*one.code == '\0') {
      CHECK(last["type"] == "task_completed");
      CHECK(last["result"]["answer"] == one.text);
      CHECK(last["result"]["degraded"] == false);
    } else {
      CHECK(last["type"] == "task_error");
      CHECK(last["error"]["code"] == one.code);
      CHECK(last["error"]["message"].get<std::string>().find(one.message) != std::string::npos);
    }
  }
}

TEST_CASE("a provider whose base_url has no path is called at the path of its protocol") {
  ScriptedUpstream upstream;
  upstream.on({.path = "/v1/chat/completions"}, whole_answer("Hello"));
  const std::string address = "http://127.0.0.1:" + std::to_string(upstream.port());
  for (const std::string kind : {"ollama", "openai"}) {
    for (const std::string end : {"", "/"}) {
      ServerProcess server(
          {.tables = "[providers.box]\nkind = \"" + kind + "\"\nbase_url = \"" + address + end + "\"\n"});
      const HttpReply reply =
          post(server.port(), "/api/stream/task", task_body("single", "t", R"("members":["box/m"])"),
               {{"Accept", "text/event-stream"}});
      CHECK(reply.body.find("task_completed") != std::string::npos);
    }
  }
}

TEST_CASE("an unknown finish reason completes the task with a degraded result that quotes it") {
  World world;
  world.upstream.always(Script::stream().words({"Hello"}).finish(7, 5, "budget_gone"));
  const Json last = world.whole_stream(world.submit_single()).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answer"] == "Hello");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["reasons"].dump().find("budget_gone") != std::string::npos);
}

TEST_CASE("an answer that stops at the token limit twice completes the task with a degraded result") {
  World world;
  world.upstream.always(Script::stream().words({"Hello"}).finish(7, 5, "length"));
  const Json last = world.whole_stream(world.submit_single()).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answer"] == "HelloHello");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["reasons"].dump().find("token limit") != std::string::npos);
}

TEST_CASE("the cost of an answer that broke off is unknown in every protocol, also with figures at its start") {
  ScriptedUpstream upstream;
  std::string tables;
  for (const Vendor vendor : all_vendors) {
    std::string table = provider_table(vendor_name(vendor), upstream.base_url(vendor), no_retries);
    const auto kind = table.find("\"openai\"");
    table.replace(kind, 8, "\"" + std::string(vendor_name(vendor)) + "\"");
    tables += table;
  }
  tables +=
      "[prices]\n\"openai/*\" = {input = 3, output = 15}\n\"anthropic/*\" = {input = 3, output = 15}\n"
      "\"gemini/*\" = {input = 3, output = 15}\n";
  ServerProcess server({.tables = tables});
  for (const Vendor vendor : all_vendors) {
    for (const bool fails : {false, true}) {
      CAPTURE(vendor_name(vendor));
      Script script = Script::stream(Framing::until_close, vendor);
      script.send(usage_chunk(vendor, 1000, 1)).words({"Half"});
      if (fails) script.send(error_event(vendor, "it fell over"));
      upstream.next(script.cut(Cut::fin));
      const HttpReply reply =
          post(server.port(), "/api/stream/task",
               task_body("single", "t", R"("members":[")" + std::string(vendor_name(vendor)) + R"(/m"])"));
      SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
      REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
      const Json receipt = reader.numbered().back().json()["result"]["receipts"][0];
      CHECK(receipt["status"] == "error");
      CHECK(receipt["usage"].is_null());
      CHECK(receipt["cost"]["usd"].is_null());
      CHECK(receipt["cost"]["origin"] == "unknown");
    }
  }
}

TEST_CASE("tool calls and empty answers of one task do not close the provider for others") {
  World world;
  const std::string call =
      R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}}]})";
  for (int i = 0; i < 6; ++i) {
    world.upstream.next(Script::stream().send(data_line(call)).finish(7, 5, "tool_calls"));
    const Json last = world.whole_stream(world.submit_single()).back().json();
    CHECK(last["error"]["code"] == "no_usable_answer");
    CHECK(last["error"]["message"].get<std::string>().find("called a tool") != std::string::npos);
  }
  CHECK(world.upstream.request_count() == 6);  // none was repeated
  world.upstream.always(whole_answer("Hello"));
  CHECK(world.whole_stream(world.submit_single()).back().json()["type"] == "task_completed");
}

}  // namespace plenum::tests
