#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/json.h"
#include "server/provider/failure.h"
#include "server/provider/openai_wire.h"

#include <nlohmann/json.hpp>

using namespace plenum;
using namespace plenum::provider;

namespace {

std::string recorded(const std::string& name) {
  std::ifstream file(PLENUM_TEST_DATA "/openai/" + name, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Heard {
  std::vector<WireDelta> deltas;
  core::ChatEnd end;

  std::string text(TokenKind kind = TokenKind::text) const {
    std::string joined;
    for (const auto& delta : deltas) {
      if (delta.kind == kind) joined += delta.text;
    }
    return joined;
  }
  ErrorCode error() const {
    REQUIRE(end.error.has_value());
    CHECK_FALSE(end.ok);
    return end.error->code;
  }
};

Heard decode(const std::vector<std::string_view>& pieces, std::optional<Error> broken = std::nullopt) {
  Heard heard;
  OpenAiDecoder decoder;
  for (const auto piece : pieces) decoder.feed(piece, heard.deltas);
  heard.end = decoder.finish(std::move(broken), heard.deltas);
  return heard;
}
Heard decode(std::string_view bytes) { return decode(std::vector{bytes}); }

std::string chunk(const std::string& content) {
  return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":" + content + "}}]}\n\n";
}
const std::string stop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

void check_same(const Heard& a, const Heard& b) {
  CHECK(a.deltas == b.deltas);
  CHECK(a.end.ok == b.end.ok);
  CHECK(a.end.finish_reason == b.end.finish_reason);
  CHECK(a.end.usage == b.end.usage);
  CHECK(a.end.cost == b.end.cost);
  CHECK(a.end.error.has_value() == b.end.error.has_value());
  if (a.end.error && b.end.error) CHECK(a.end.error->message == b.end.error->message);
}

}  // namespace

TEST_CASE("a recorded answer reads the same whole, byte by byte and cut at every offset") {
  for (const auto* name : {"ordinary.sse", "vllm_null_choices.sse", "openrouter_error.sse", "openrouter_cost.sse",
                           "error_as_string.sse", "truncated.sse", "reasoning.sse", "ollama.sse", "groq_crlf.sse"}) {
    CAPTURE(name);
    const auto bytes = recorded(name);
    const auto whole = decode(bytes);
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(std::string_view(bytes).substr(i, 1));
    check_same(decode(single), whole);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      const std::string_view view(bytes);
      check_same(decode({view.substr(0, cut), view.substr(cut)}), whole);
    }
  }
}

TEST_CASE("an ordinary answer gives its text, its usage and its end") {
  const auto heard = decode(recorded("ordinary.sse"));
  CHECK(heard.text() == "Grüß dich 🌍,\n\"Welt\"!");
  CHECK(heard.deltas.size() == 3);
  CHECK(heard.end.ok);
  CHECK(heard.end.finish_reason == "stop");
  CHECK(heard.end.usage.prompt_tokens == 19);
  CHECK(heard.end.usage.completion_tokens == 10);
  CHECK(heard.end.usage.cached_input_tokens == 4);
  CHECK(heard.end.cost.origin == CostOrigin::unknown);
  CHECK_FALSE(heard.end.cost.usd.has_value());
}

TEST_CASE("null choices, content in parts, a second answer and repeated usage are tolerated") {
  const auto heard = decode(recorded("vllm_null_choices.sse"));
  CHECK(heard.text() == "one two three");
  CHECK(heard.end.ok);
  CHECK(heard.end.finish_reason == "length");
  CHECK(heard.end.usage.total_tokens == 9);  // cumulative: the last one counts, not the sum
}

TEST_CASE("several pieces of the answer in one chunk all count, with an index of 0 or without one") {
  for (const std::string index : {"", "\"index\":0,"}) {
    CAPTURE(index);
    const auto heard =
        decode("data: {\"choices\":[{" + index + "\"delta\":{\"content\":\"Hello \",\"reasoning\":\"a\"}},{" + index +
               "\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{\"content\":\"no\"}},{" + index +
               "\"delta\":{\"content\":\"world\",\"reasoning\":\"b\"},\"finish_reason\":null}]}\n\n");
    CHECK(heard.text() == "Hello world");
    CHECK(heard.text(TokenKind::reasoning) == "ab");
    CHECK(heard.end.finish_reason == "stop");
    CHECK(heard.end.ok);
  }
  const auto refused = decode(
      "data: {\"choices\":[{\"delta\":{\"refusal\":\"I will \"}},{\"delta\":{\"refusal\":\"not.\"}}]}\n\n" + stop);
  CHECK(refused.end.error->message.find("I will not.") != std::string::npos);
}

TEST_CASE("a line that is not JSON is quoted without the key, wherever the key stands in it") {
  const std::string key = "k7Q2mZ9xW4vB8nL1";
  for (std::size_t offset = 0; offset <= 240; ++offset) {
    CAPTURE(offset);
    const auto heard = decode("data: " + std::string(offset, '.') + key + std::string(40, '.') + "\n\n");
    CHECK(heard.error() == ErrorCode::malformed);
    CHECK(scrubbed(heard.end.error->message, secret::Scrubber({key})).find(key.substr(0, 4)) == std::string::npos);
  }
}

TEST_CASE("an error in the middle keeps the text, the class and the reported cost") {
  const auto heard = decode(recorded("openrouter_error.sse"));
  CHECK(heard.text() == "Half");
  CHECK(heard.error() == ErrorCode::overloaded);
  CHECK(heard.end.error->message.find("Provider is overloaded") != std::string::npos);
  CHECK(heard.end.cost == Cost{0.00042, CostOrigin::reported});
  const auto plain = decode(recorded("error_as_string.sse"));
  CHECK(plain.text() == "so far");
  CHECK(plain.error() == ErrorCode::server);
  CHECK(plain.end.error->message.find("the model has crashed") != std::string::npos);
  const auto inner =
      decode("data: {\"choices\":[{\"index\":0,\"error\":{\"code\":429,\"message\":\"slow down\"}}]}\n\n");
  CHECK(inner.error() == ErrorCode::rate_limit);
  const auto vllm =
      decode("data: {\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\",\"code\":400}\n\n");
  CHECK(vllm.error() == ErrorCode::invalid_request);
}

TEST_CASE("reasoning is told apart from text and never twice") {
  const auto heard = decode(recorded("reasoning.sse"));
  CHECK(heard.text(TokenKind::reasoning) == "First this.");
  CHECK(heard.text() == "Then that.");
  CHECK(heard.end.usage.reasoning_tokens == 4);
  CHECK(heard.end.usage.cached_input_tokens == 6);
  const auto router = decode(recorded("openrouter_cost.sse"));
  CHECK(router.text(TokenKind::reasoning) == "Let me think.");
  CHECK(router.text() == "42");
  CHECK(router.end.cost == Cost{1.5e-05, CostOrigin::reported});
  CHECK(router.end.usage.cache_write_tokens == 3);
}

TEST_CASE("an answer that was not said to be whole is truncated, its text kept") {
  const auto heard = decode(recorded("truncated.sse"));
  CHECK(heard.text() == "It begins and then");
  CHECK(heard.error() == ErrorCode::truncated);
  const auto late = decode({chunk("\"x\"")}, Error{ErrorCode::transport, "reset"});
  CHECK(late.error() == ErrorCode::transport);
  CHECK(late.text() == "x");
  CHECK(decode("").error() == ErrorCode::truncated);
}

TEST_CASE("a whole answer is good even when its connection then breaks") {
  CHECK(decode({chunk("\"x\""), stop}, Error{ErrorCode::transport, "reset"}).end.ok);
  CHECK(decode({chunk("\"x\""), "data: [DONE]\n\n"}, Error{ErrorCode::transport, "reset"}).end.ok);
  CHECK(decode(chunk("\"x\"") + "data: [DONE]").end.ok);  // no blank line at the end
}

TEST_CASE("every proper prefix of an answer is either truncated or already whole, never malformed") {
  const auto bytes = recorded("ollama.sse");
  const auto whole_from = bytes.find("\"stop\"}]}") + std::string_view("\"stop\"}]}").size();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto heard = decode(std::string_view(bytes).substr(0, cut));
    CAPTURE(cut);
    if (cut < whole_from) CHECK(heard.error() == ErrorCode::truncated);
    if (cut >= whole_from) CHECK(heard.end.ok);
  }
}

TEST_CASE("an answer without text is an error although it ends in order") {
  CHECK(decode(stop + "data: [DONE]\n\n").error() == ErrorCode::server);
  CHECK(decode("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n").error() ==
        ErrorCode::truncated);
  const auto refused = decode("data: {\"choices\":[{\"delta\":{\"refusal\":\"I will not.\"}}]}\n\n" + stop);
  CHECK(refused.error() == ErrorCode::content_filter);
  CHECK(refused.end.error->message.find("I will not.") != std::string::npos);
}

TEST_CASE("a finish reason that names a failure is one, with the text kept") {
  const auto end_with = [](const std::string& reason) {
    return decode(chunk("\"x\"") + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}\n\n");
  };
  CHECK(end_with("content_filter").error() == ErrorCode::content_filter);
  CHECK(end_with("insufficient_system_resource").error() == ErrorCode::overloaded);
  CHECK(end_with("error").error() == ErrorCode::server);
  CHECK(end_with("error").text() == "x");
  CHECK(end_with("length").end.ok);
}

TEST_CASE("a line that is no JSON object is malformed and nothing after it counts") {
  for (const std::string line : {"hello", "{\"choices\":[}", "[]", "null", "{} {}", "{\"a\":1"}) {
    CAPTURE(line);
    const auto heard = decode(chunk("\"x\"") + "data: " + line + "\n\n" + chunk("\"y\"") + stop);
    CHECK(heard.error() == ErrorCode::malformed);
    CHECK(heard.text() == "x");
  }
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(decode("data: " + deep + "\n\n").error() == ErrorCode::malformed);
  CHECK(decode("data: " + std::string(3 << 20, 'x')).error() == ErrorCode::malformed);
}

TEST_CASE("characters cut between two deltas are joined, halves of surrogate pairs repaired") {
  const auto joined = decode(chunk("\"a\xF0\x9F\"") + chunk("\"\x8C\x8D z\"") + stop);
  CHECK(joined.text() == "a🌍 z");
  const auto repaired = decode(chunk("\"\\ud83c!\"") + chunk("\"\\udf0d\\ud83cx\"") + stop);
  CHECK(repaired.text() == "\uFFFD!\uFFFD\uFFFDx");
  const auto cut = decode(chunk("\"a\xE2\x82\"") + stop);
  CHECK(cut.text() == "a\uFFFD");
  for (const auto& heard : {joined, repaired, cut}) {
    for (const auto& delta : heard.deltas) CHECK(is_utf8(delta.text));
  }
}

TEST_CASE("an answer in one JSON object is read when the provider cannot stream") {
  const auto read = [](std::string_view json) {
    Heard heard;
    OpenAiDecoder decoder;
    decoder.feed_whole(json, heard.deltas);
    heard.end = decoder.finish(std::nullopt, heard.deltas);
    return heard;
  };
  const auto heard = read(R"({"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
      "content":"all at once"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3}})");
  CHECK(heard.text() == "all at once");
  CHECK(heard.end.ok);
  CHECK(heard.end.usage.total_tokens == 5);
  CHECK(read(R"({"error":{"message":"no credits","code":402}})").error() == ErrorCode::billing);
  CHECK(read("<html>").error() == ErrorCode::malformed);
}

TEST_CASE("the request asks for a stream with usage and repeats the messages exactly") {
  core::ChatRequest request;
  request.model = "meta/llama";
  request.messages = {{core::ChatMessage::Role::system, "be \"brief\"\n"},
                      {core::ChatMessage::Role::user, "Grüße\t\x01"},
                      {core::ChatMessage::Role::assistant, ""}};
  auto json = parse_json(openai_request_body(request)).value();
  CHECK(json["model"] == "meta/llama");
  CHECK(json["stream"] == true);
  CHECK(json["stream_options"]["include_usage"] == true);
  REQUIRE(json["messages"].size() == 3);
  CHECK(json["messages"][0] == Json({{"role", "system"}, {"content", "be \"brief\"\n"}}));
  CHECK(json["messages"][1]["content"] == "Grüße\t\x01");
  CHECK(json["messages"][2]["role"] == "assistant");
  CHECK_FALSE(json.contains("temperature"));
  CHECK_FALSE(json.contains("max_tokens"));
  request.temperature = 0.2;
  request.max_tokens = 2000;
  json = parse_json(openai_request_body(request)).value();
  CHECK(json["temperature"] == 0.2);
  CHECK(json["max_tokens"] == 2000);
}
