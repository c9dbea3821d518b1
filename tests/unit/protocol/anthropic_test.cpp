#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;

namespace {

Decoded decode(std::string_view bytes) { return protocol::decode(ProviderKind::anthropic, bytes); }

std::string event(const std::string& type, const std::string& more = "") {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + more + "}\n\n";
}
std::string text(const std::string& content) {
  return event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":")" + content + "\"}");
}
std::string start(const std::string& usage) { return event("message_start", R"(,"message":{"usage":)" + usage + "}"); }
std::string delta(const std::string& reason, const std::string& usage = "{}") {
  return event("message_delta", R"(,"delta":{"stop_reason":")" + reason + R"("},"usage":)" + usage);
}
const std::string stop = event("message_stop");

}  // namespace

TEST_CASE("an Anthropic answer is complete after a stop reason or message_stop, and not before") {
  const std::string body = text("Hi");
  const Error reset{ErrorCode::transport, "reset"};
  CHECK(decode(body).error() == ErrorCode::truncated);
  CHECK(decode(body + delta("end_turn")).end.ok);
  CHECK(decode(body + delta("end_turn")).end.finish_reason == "end_turn");
  CHECK(decode(body + stop).end.ok);
  CHECK(decode(ProviderKind::anthropic, {body, delta("end_turn")}, reset).end.ok);
  CHECK(decode(ProviderKind::anthropic, {body, stop}, reset).end.ok);
  CHECK(decode(ProviderKind::anthropic, {body}, reset).error() == ErrorCode::transport);
  CHECK(decode(body + "data: [DONE]\n\n").error() == ErrorCode::truncated);  // not part of Anthropic's protocol
}

TEST_CASE("Anthropic's count of output at the start of a stream is provisional") {
  const std::string begun = start(R"({"input_tokens":10,"output_tokens":1})") + text("a long answer");
  const auto whole = decode(begun + delta("end_turn") + stop).end.usage;
  CHECK(whole.prompt_tokens == 10);
  CHECK_FALSE(whole.completion_tokens.has_value());
  CHECK(decode(begun + delta("end_turn", R"({"output_tokens":5})") + stop).end.usage.completion_tokens == 5);
  CHECK_FALSE(decode(begun).end.usage.known());
}

TEST_CASE("Anthropic's later counts replace earlier ones, null does not, and nothing is summed") {
  const auto usage =
      decode(start(R"({"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,)"
                   R"("output_tokens":1})") +
             text("a") + delta("end_turn", R"({"output_tokens":5})") +
             delta("end_turn", R"({"input_tokens":11,"cache_read_input_tokens":null,"output_tokens":7})") + stop)
          .end.usage;
  CHECK(usage.prompt_tokens == 61);
  CHECK(usage.completion_tokens == 7);
  CHECK(usage.total_tokens == 68);
  CHECK(usage.cached_input_tokens == 30);
  CHECK(usage.cache_write_tokens == 20);
  CHECK_FALSE(usage.reasoning_tokens.has_value());
}

TEST_CASE("Anthropic's usage without input counts has no prompt and no total") {
  const auto usage = decode(text("a") + delta("end_turn", R"({"output_tokens":7})") + stop).end.usage;
  CHECK_FALSE(usage.prompt_tokens.has_value());
  CHECK_FALSE(usage.total_tokens.has_value());
  CHECK(usage.completion_tokens == 7);
}

TEST_CASE("unknown events of Anthropic are ignored, and pings") {
  const auto decoded = decode(event("ping") + event("tomorrow", R"(,"delta":{"type":"text_delta","text":"no"})") +
                              event("content_block_delta", R"(,"delta":{"type":"video_delta","text":"no"})") +
                              event("content_block_start", R"(,"content_block":{"type":"tool_use","text":"no"})") +
                              event("content_block_delta", R"(,"delta":{"text":"order","type":"text_delta"})") +
                              delta("end_turn") + stop);
  CHECK(decoded.text() == "order");
  CHECK(decoded.end.ok);
}

TEST_CASE("an Anthropic error event ends the answer at any time, with its error code and the text so far") {
  const std::pair<const char*, ErrorCode> rows[] = {{"overloaded_error", ErrorCode::overloaded},
                                                    {"rate_limit_error", ErrorCode::rate_limit},
                                                    {"api_error", ErrorCode::server},
                                                    {"timeout_error", ErrorCode::timeout},
                                                    {"billing_error", ErrorCode::billing},
                                                    {"permission_error", ErrorCode::authentication},
                                                    {"request_too_large", ErrorCode::invalid_request},
                                                    {"invalid_request_error", ErrorCode::invalid_request}};
  for (const auto& [type, code] : rows) {
    CAPTURE(type);
    const auto error = event("error", std::string(R"(,"error":{"type":")") + type + R"(","message":"why"})");
    CHECK(decode(error).error() == code);
    const auto late = decode(text("so far") + error + text(" and on") + stop);
    CHECK(late.error() == code);
    CHECK(late.text() == "so far");
    CHECK(late.end.error->message.find("why") != std::string::npos);
  }
  CHECK(decode("event: error\ndata: not even JSON\n\n").error() == ErrorCode::server);
}

TEST_CASE("Anthropic's stop reasons distinguish truncation and refusal") {
  const auto end = [](const std::string& reason) { return decode(text("a") + delta(reason) + stop).end; };
  for (const auto* reason : {"end_turn", "stop_sequence", "pause_turn", "tool_use"}) {
    CHECK(end(reason).ok);
    CHECK_FALSE(end(reason).cut_short);
  }
  for (const auto* reason : {"max_tokens", "model_context_window_exceeded"}) {
    CHECK(end(reason).ok);
    CHECK(end(reason).cut_short);
  }
  CHECK(end("refusal").error->code == ErrorCode::content_filter);
  CHECK(decode(delta("max_tokens") + stop).error() == ErrorCode::truncated);
  CHECK(decode(delta("end_turn") + stop).error() == ErrorCode::server);
}

TEST_CASE("an Anthropic message that is not streamed is complete only with a stop reason") {
  const auto read = [](const std::string& more) {
    return decode(ProviderKind::anthropic, R"({"type":"message","content":[{"type":"text","text":"x"}])" + more + "}");
  };
  CHECK(read(R"(,"stop_reason":"end_turn")").end.ok);
  CHECK(read(R"(,"stop_reason":null)").error() == ErrorCode::truncated);
  CHECK(decode(ProviderKind::anthropic, R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})")
            .error() == ErrorCode::overloaded);
}

TEST_CASE("the input of the forced tool is the text of the answer") {
  const auto input = [](const std::string& json) {
    return event("content_block_delta",
                 R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":")" + json + "\"}");
  };
  const auto streamed =
      decode(event("content_block_start", R"(,"content_block":{"type":"tool_use","name":"answer","input":{}})") +
             input("") + input(R"({\"a\": )") + input("1}") + delta("tool_use") + stop);
  CHECK(streamed.text() == R"({"a": 1})");
  CHECK(streamed.end.ok);
  CHECK_FALSE(streamed.end.cut_short);
  const auto whole =
      decode(ProviderKind::anthropic,
             R"({"type":"message","content":[{"type":"tool_use","input": {"a": [1]} }],"stop_reason":"tool_use"})");
  CHECK(whole.text() == R"({"a": [1]})");
  CHECK(whole.end.ok);
}

TEST_CASE("a request to Anthropic has a separate system prompt") {
  core::ChatRequest request;
  request.model = "claude";
  request.messages = {{core::ChatMessage::Role::system, "one"}, {core::ChatMessage::Role::user, "Grüße \"x\"\n"},
                      {core::ChatMessage::Role::system, "two"}, {core::ChatMessage::Role::assistant, "yes"},
                      {core::ChatMessage::Role::assistant, ""}, {core::ChatMessage::Role::user, "more"}};
  const auto& anthropic = protocol_for(ProviderKind::anthropic);
  auto json = parse_json(anthropic.body(request).json).value();
  CHECK(json["model"] == "claude");
  CHECK(json["system"] == "one\n\ntwo");
  CHECK(json["stream"] == true);
  CHECK(json["messages"] == Json::parse(R"([{"role":"user","content":"Grüße \"x\"\n"},
                                            {"role":"assistant","content":"yes"},{"role":"user","content":"more"}])"));
  request.messages = {{core::ChatMessage::Role::system, "alone"}};
  json = parse_json(anthropic.body(request).json).value();
  CHECK_FALSE(json.contains("system"));
  CHECK(json["messages"] == Json::parse(R"([{"role":"user","content":"alone"}])"));
  CHECK(anthropic.path(request) == "/messages");
  CHECK(anthropic.key_header() == "x-api-key: ");
  CHECK(anthropic.headers() == std::vector<std::string_view>{"anthropic-version: 2023-06-01"});
}

TEST_CASE("Anthropic names the model and the message at the start of a stream, and in a whole response") {
  const auto streamed =
      decode(ProviderKind::anthropic,
             "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-x-20261101\"}}\n\n"
             "data: {\"type\":\"message_stop\"}\n\n");
  CHECK(streamed.end.generation == Generation{"claude-x-20261101", "msg_1", ""});
  const auto whole = decode(ProviderKind::anthropic,
                            R"({"type":"message","id":"msg_2","model":"claude-y","stop_reason":"end_turn",
                                     "content":[{"type":"text","text":"a"}]})");
  CHECK(whole.end.generation == Generation{"claude-y", "msg_2", ""});
}
