#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/provider/protocol/errors/error_classifier.h"
#include "tests/unit/protocol/decoded.h"

#include <nlohmann/json.hpp>

using namespace plenum;
using namespace plenum::protocol;

namespace {

Decoded decode(const std::vector<std::string_view>& pieces, std::optional<Error> broken = std::nullopt) {
  return protocol::decode(ProviderKind::openai, pieces, std::move(broken));
}
Decoded decode(std::string_view bytes) { return protocol::decode(ProviderKind::openai, bytes); }

std::string chunk(const std::string& content) {
  return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":" + content + "}}]}\n\n";
}
const std::string stop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

}  // namespace

TEST_CASE("an ordinary answer yields its text, its usage and its end") {
  const auto decoded = decode(recorded("openai/ordinary.sse"));
  CHECK(decoded.text() == "Grüß dich 🌍,\n\"Welt\"!");
  CHECK(decoded.deltas.size() == 3);
  CHECK(decoded.end.ok);
  CHECK(decoded.end.finish_reason == "stop");
  CHECK(decoded.end.usage.prompt_tokens == 19);
  CHECK(decoded.end.usage.completion_tokens == 10);
  CHECK(decoded.end.usage.cached_input_tokens == 4);
  CHECK(decoded.end.cost.origin == CostOrigin::unknown);
  CHECK_FALSE(decoded.end.cost.usd.has_value());
}

TEST_CASE(
    "the model, the vendor behind a gateway and the id of the response are those of the first event that has them") {
  const auto decoded = decode(
      "data: {\"id\":\"\",\"model\":\"\",\"choices\":[]}\n\n"
      "data: {\"id\":\"gen-1\",\"provider\":\"Acme\",\"model\":\"a/b-2026\",\"choices\":[]}\n\n" +
      chunk("\"x\"") + "data: {\"id\":\"gen-2\",\"model\":\"" + std::string(300, 'm') + "\",\"choices\":[]}\n\n" +
      stop);
  CHECK(decoded.end.generation == Generation{"a/b-2026", "gen-1", "Acme"});
  const auto whole = protocol::decode(ProviderKind::openai, "{\"id\":\"r\",\"model\":\"" + std::string(300, 'm') +
                                                                "\",\"choices\":[{\"message\":{\"content\":\"x\"}}]}");
  CHECK(whole.end.generation.id == "r");
  CHECK(whole.end.generation.model.size() == Generation::bytes_max);
}

TEST_CASE("null choices, content in parts, a second answer and repeated usage are tolerated") {
  const auto decoded = decode(recorded("openai/vllm_null_choices.sse"));
  CHECK(decoded.text() == "one two three");
  CHECK(decoded.end.ok);
  CHECK(decoded.end.finish_reason == "length");
  CHECK(decoded.end.usage.total_tokens == 9);  // cumulative: the last value, not the sum
}

TEST_CASE("several parts of the answer in one chunk are all used, with an index of 0 or without one") {
  for (const std::string index : {"", "\"index\":0,"}) {
    CAPTURE(index);
    const auto decoded =
        decode("data: {\"choices\":[{" + index + "\"delta\":{\"content\":\"Hello \",\"reasoning\":\"a\"}},{" + index +
               "\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{\"content\":\"no\"}},{" + index +
               "\"delta\":{\"content\":\"world\",\"reasoning\":\"b\"},\"finish_reason\":null}]}\n\n");
    CHECK(decoded.text() == "Hello world");
    CHECK(decoded.text(TokenKind::reasoning) == "ab");
    CHECK(decoded.end.finish_reason == "stop");
    CHECK(decoded.end.ok);
  }
  const auto refusal = decode(
      "data: {\"choices\":[{\"delta\":{\"refusal\":\"I will \"}},{\"delta\":{\"refusal\":\"not.\"}}]}\n\n" + stop);
  CHECK(refusal.end.error->message.find("I will not.") != std::string::npos);
}

TEST_CASE("an error quotes a line that is not JSON without the key, wherever the key is") {
  const std::string key = "k7Q2mZ9xW4vB8nL1";
  for (std::size_t offset = 0; offset <= 240; ++offset) {
    CAPTURE(offset);
    const auto decoded = decode("data: " + std::string(offset, '.') + key + std::string(40, '.') + "\n\n");
    CHECK(decoded.error() == ErrorCode::malformed);
    CHECK(user_facing_message(decoded.end.error->message, redaction::Scrubber({key})).find(key.substr(0, 4)) ==
          std::string::npos);
  }
}

TEST_CASE("a cost that is reported in parts is their total") {
  const auto decoded = decode(
      chunk("\"x\"") +
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
      "\"cost\":{\"input_tokens_cost\":0.001,\"request_cost\":0.005,\"total_cost\":0.006}}}\n\ndata: [DONE]\n\n");
  CHECK(decoded.end.cost == Cost{0.006, CostOrigin::reported});
}

TEST_CASE("an error in the middle retains the text, the error code and the reported cost") {
  const auto decoded = decode(recorded("openrouter/error_chunk.sse"));
  CHECK(decoded.text() == "Half");
  CHECK(decoded.error() == ErrorCode::overloaded);
  CHECK(decoded.end.error->message.find("Provider is overloaded") != std::string::npos);
  CHECK(decoded.end.cost == Cost{0.00042, CostOrigin::reported});
  const auto plain = decode(recorded("openai/error_as_string.sse"));
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

TEST_CASE("reasoning is separate from text and never repeated") {
  const auto decoded = decode(recorded("openai/reasoning.sse"));
  CHECK(decoded.text(TokenKind::reasoning) == "First this.");
  CHECK(decoded.text() == "Then that.");
  CHECK(decoded.end.usage.reasoning_tokens == 4);
  CHECK(decoded.end.usage.cached_input_tokens == 6);
  const auto router = decode(recorded("openrouter/cost.sse"));
  CHECK(router.text(TokenKind::reasoning) == "Let me think.");
  CHECK(router.text() == "42");
  CHECK(router.end.cost == Cost{1.5e-05, CostOrigin::reported});
  CHECK(router.end.usage.cache_write_tokens == 3);
}

TEST_CASE("an incomplete answer is truncated and retains its text") {
  const auto decoded = decode(recorded("openai/truncated.sse"));
  CHECK(decoded.text() == "It begins and then");
  CHECK(decoded.error() == ErrorCode::truncated);
  const auto late = decode({chunk("\"x\"")}, Error{ErrorCode::transport, "reset"});
  CHECK(late.error() == ErrorCode::transport);
  CHECK(late.text() == "x");
  CHECK(decode("").error() == ErrorCode::truncated);
}

TEST_CASE("a complete answer is valid even if the connection breaks afterwards") {
  CHECK(decode({chunk("\"x\""), stop}, Error{ErrorCode::transport, "reset"}).end.ok);
  CHECK(decode({chunk("\"x\""), "data: [DONE]\n\n"}, Error{ErrorCode::transport, "reset"}).end.ok);
  CHECK(decode(chunk("\"x\"") + "data: [DONE]").end.ok);  // no blank line at the end
}

TEST_CASE("every proper prefix of an answer is truncated or complete, never malformed") {
  const auto bytes = recorded("ollama/ordinary.sse");
  const auto whole_from = bytes.find("\"stop\"}]}") + std::string_view("\"stop\"}]}").size();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto decoded = decode(std::string_view(bytes).substr(0, cut));
    CAPTURE(cut);
    if (cut < whole_from) CHECK(decoded.error() == ErrorCode::truncated);
    if (cut >= whole_from) CHECK(decoded.end.ok);
  }
}

TEST_CASE("an answer without text is an error even if it ends normally") {
  CHECK(decode(stop + "data: [DONE]\n\n").error() == ErrorCode::server);
  CHECK(decode("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n").error() ==
        ErrorCode::truncated);
  const auto refusal = decode("data: {\"choices\":[{\"delta\":{\"refusal\":\"I will not.\"}}]}\n\n" + stop);
  CHECK(refusal.error() == ErrorCode::content_filter);
  CHECK(refusal.end.error->message.find("I will not.") != std::string::npos);
}

TEST_CASE("a finish reason that denotes a failure is an error and retains the text") {
  const auto end_with = [](const std::string& reason) {
    return decode(chunk("\"x\"") + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}\n\n");
  };
  CHECK(end_with("content_filter").error() == ErrorCode::content_filter);
  CHECK(end_with("insufficient_system_resource").error() == ErrorCode::overloaded);
  CHECK(end_with("error").error() == ErrorCode::server);
  CHECK(end_with("error").text() == "x");
  CHECK(end_with("length").end.ok);
}

TEST_CASE("a line that is not a JSON object is malformed and ends the answer") {
  for (const std::string line : {"hello", "{\"choices\":[}", "[]", "null", "{} {}", "{\"a\":1"}) {
    CAPTURE(line);
    const auto decoded = decode(chunk("\"x\"") + "data: " + line + "\n\n" + chunk("\"y\"") + stop);
    CHECK(decoded.error() == ErrorCode::malformed);
    CHECK(decoded.text() == "x");
  }
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(decode("data: " + deep + "\n\n").error() == ErrorCode::malformed);
  CHECK(decode("data: " + std::string(3 << 20, 'x')).error() == ErrorCode::malformed);
}

TEST_CASE("characters split over two deltas are joined, halves of surrogate pairs replaced") {
  const auto joined = decode(chunk("\"a\xF0\x9F\"") + chunk("\"\x8C\x8D z\"") + stop);
  CHECK(joined.text() == "a🌍 z");
  const auto repaired = decode(chunk("\"\\ud83c!\"") + chunk("\"\\udf0d\\ud83cx\"") + stop);
  CHECK(repaired.text() == "\uFFFD!\uFFFD\uFFFDx");
  const auto cut = decode(chunk("\"a\xE2\x82\"") + stop);
  CHECK(cut.text() == "a\uFFFD");
  for (const auto& decoded : {joined, repaired, cut}) {
    for (const auto& delta : decoded.deltas) CHECK(is_utf8(delta.text));
  }
}

TEST_CASE("a response of one JSON object is accepted from a provider that does not stream") {
  const auto read = [](std::string_view json) { return protocol::decode(ProviderKind::openai, json); };
  const auto decoded = read(R"({"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
      "content":"all at once"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3}})");
  CHECK(decoded.text() == "all at once");
  CHECK(decoded.end.ok);
  CHECK(decoded.end.usage.total_tokens == 5);
  CHECK(read(R"({"error":{"message":"no credits","code":402}})").error() == ErrorCode::billing);
  CHECK(read("<html>").error() == ErrorCode::malformed);
  CHECK(read("Internal Server Error").error() == ErrorCode::malformed);
  CHECK(read(R"({"message":"Unauthorized by the gateway"})").end.error->message.find("Unauthorized by the gateway") !=
        std::string::npos);
}

TEST_CASE("the request enables streaming with usage and contains the messages unchanged") {
  core::ChatRequest request;
  request.model = "meta/llama";
  request.messages = {{core::ChatMessage::Role::system, "be \"brief\"\n"},
                      {core::ChatMessage::Role::user, "Grüße\t\x01"},
                      {core::ChatMessage::Role::assistant, ""}};
  const auto json = parse_json(protocol_for(ProviderKind::openai).body(request).json).value();
  CHECK(json["model"] == "meta/llama");
  CHECK(json["stream"] == true);
  CHECK(json["stream_options"]["include_usage"] == true);
  REQUIRE(json["messages"].size() == 3);
  CHECK(json["messages"][0] == Json({{"role", "system"}, {"content", "be \"brief\"\n"}}));
  CHECK(json["messages"][1]["content"] == "Grüße\t\x01");
  CHECK(json["messages"][2]["role"] == "assistant");
}

TEST_CASE("OpenRouter sends usage without a request for it, Ollama and compatible servers need one") {
  const auto json = [](ProviderKind kind) { return parse_json(protocol_for(kind).body({}).json).value(); };
  CHECK_FALSE(json(ProviderKind::openrouter).contains("stream_options"));
  CHECK(json(ProviderKind::ollama)["stream_options"]["include_usage"] == true);
}

TEST_CASE("thinking parts of the content are reasoning") {
  const auto thinking = [](const std::string& text) {
    return chunk(R"([{"type":"thinking","thinking":[{"type":"text","text":")" + text + "\"}]}]");
  };
  const auto decoded = decode(thinking("let me ") + thinking("see") + chunk(R"([{"type":"text","text":"Hel"}])") +
                              chunk("\"lo\"") + stop);
  CHECK(decoded.text(TokenKind::reasoning) == "let me see");
  CHECK(decoded.text() == "Hello");
  CHECK(decoded.end.ok);
  const auto twice = decode(
      "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"once\",\"content\":"
      "[{\"type\":\"thinking\",\"thinking\":\"once\"}]}}]}\n\n" +
      stop);
  CHECK(twice.text(TokenKind::reasoning) == "once");
}

TEST_CASE("inline reasoning at the start of an answer is separate from the text") {
  const auto decoded = decode(chunk("\"<th\"") + chunk("\"ink>hm\"") + chunk("\"</think>\\n\\nyes\"") + stop);
  CHECK(decoded.text(TokenKind::reasoning) == "hm");
  CHECK(decoded.text() == "yes");
  CHECK(decode(chunk("\"<think>only\"") + stop).error() == ErrorCode::server);
  CHECK(decode(chunk("\"<thi\"") + stop).text() == "<thi");
  CHECK(protocol::decode(ProviderKind::openai,
                         R"({"choices":[{"message":{"content":"<think>a</think>b"},"finish_reason":"stop"}]})")
            .text() == "b");
}

TEST_CASE("the OpenAI-compatible protocols share path and key header; OpenRouter also gets a title header") {
  for (const auto name : {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama}) {
    CHECK(protocol_for(name).path({}) == "/chat/completions");
    CHECK(protocol_for(name).key_header() == "Authorization: Bearer ");
  }
  CHECK(protocol_for(ProviderKind::openrouter).headers() == std::vector<std::string_view>{"X-Title: Plenum"});
  CHECK(protocol_for(ProviderKind::openai).headers().empty());
}

TEST_CASE("usage of a chunk that is not valid JSON is ignored") {
  const auto decoded = decode(chunk("\"x\"") + "data: {\"usage\":{\"prompt_tokens\":7,\"cost\":1},\"choices\":[}\n\n");
  CHECK(decoded.error() == ErrorCode::malformed);
  CHECK_FALSE(decoded.end.usage.known());
  CHECK_FALSE(decoded.end.cost.usd.has_value());
}

TEST_CASE("a whole response above the limit is malformed and not parsed") {
  const auto decoder = protocol_for(ProviderKind::openai).decoder(64);
  std::vector<ProviderDelta> deltas;
  decoder->feed("{\"choices\":[{\"message\":{\"content\":\"" + std::string(64, 'x') + "\"}}]}", deltas);
  CHECK(deltas.empty());
  CHECK(decoder->finish(std::nullopt, deltas).error->code == ErrorCode::malformed);
}
