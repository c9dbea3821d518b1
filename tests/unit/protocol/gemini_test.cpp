#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;

namespace {

Decoded decode(std::string_view bytes) { return protocol::decode(ProviderKind::gemini, bytes); }

std::string line(const std::string& json) { return "data: " + json + "\r\n\r\n"; }
std::string candidate(const std::string& parts, const std::string& more = "") {
  return R"({"candidates":[{"content":{"parts":)" + parts + R"(,"role":"model"})" + more + "}]}";
}
std::string text(const std::string& content) { return line(candidate(R"([{"text":")" + content + "\"}]")); }
std::string finish(const std::string& reason) {
  return line(R"({"candidates":[{"finishReason":")" + reason + R"(","index":0}]})");
}

}  // namespace

TEST_CASE("a Gemini answer is complete after a finish reason, not at the end of the body") {
  CHECK(decode(text("Hi")).error() == ErrorCode::truncated);
  CHECK(decode(text("Hi") + finish("STOP")).end.ok);
  CHECK(decode(text("Hi") + finish("FINISH_REASON_UNSPECIFIED")).error() == ErrorCode::truncated);
  CHECK(decode(ProviderKind::gemini, {text("Hi"), finish("STOP")}, Error{ErrorCode::transport, "reset"}).end.ok);
}

TEST_CASE("Gemini's thoughts are reasoning, whatever the order of their members") {
  const auto decoded = decode(line(candidate(R"([{"thought":true,"text":"a"},{"text":"b","thought":true},{"text":"c"},)"
                                             R"({"thought":false,"text":"d"},{"functionCall":{"name":"f"}}])")) +
                              finish("STOP"));
  CHECK(decoded.text(TokenKind::reasoning) == "ab");
  CHECK(decoded.text() == "cd");
  const auto only = decode(line(candidate(R"([{"thought":true,"text":"a"}])")) + finish("STOP"));
  CHECK(only.error() == ErrorCode::server);
}

TEST_CASE("Gemini's finish reasons distinguish truncation, filtering and failure") {
  const auto end = [](const std::string& reason) { return decode(text("a") + finish(reason)).end; };
  CHECK(end("MAX_TOKENS").ok);
  CHECK(end("MAX_TOKENS").cut_short);
  for (const auto* reason : {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}) {
    CAPTURE(reason);
    CHECK(end(reason).error->code == ErrorCode::content_filter);
  }
  for (const auto* reason : {"OTHER", "MALFORMED_FUNCTION_CALL"}) {
    CAPTURE(reason);
    CHECK(end(reason).error->code == ErrorCode::server);
  }
  CHECK(decode(finish("SAFETY")).error() == ErrorCode::content_filter);
  CHECK(decode(finish("MAX_TOKENS")).error() == ErrorCode::truncated);
}

TEST_CASE("a prompt blocked by Gemini is content_filter, not an empty answer") {
  const auto decoded =
      decode(line(R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}})"));
  CHECK(decoded.error() == ErrorCode::content_filter);
  CHECK(decoded.end.error->message.find("SAFETY") != std::string::npos);
  CHECK(decoded.end.usage.prompt_tokens == 4);
  CHECK(decode(line(R"({"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"}})") + text("a") + finish("STOP"))
            .end.ok);
}

TEST_CASE("Gemini's counts are cumulative, and thoughts are part of the completion") {
  const auto usage = [](const std::string& counts) { return line(R"({"usageMetadata":)" + counts + "}"); };
  const auto read =
      decode(usage(R"({"promptTokenCount":5,"thoughtsTokenCount":2,"totalTokenCount":7})") + text("a") +
             usage(R"({"promptTokenCount":5,"candidatesTokenCount":3,"totalTokenCount":10})") + finish("STOP"))
          .end.usage;
  CHECK(read.prompt_tokens == 5);
  CHECK(read.completion_tokens == 5);
  CHECK(read.reasoning_tokens == 2);
  CHECK(read.total_tokens == 10);
  CHECK_FALSE(read.cached_input_tokens.has_value());
}

TEST_CASE("a Gemini error is found as an event, in a list, and as bare JSON over several lines") {
  const std::string error = R"({
  "error": {
    "code": 503,
    "message": "overloaded {really}",
    "status": "UNAVAILABLE"
  }
})";
  std::string joined = error;
  std::erase(joined, '\n');
  for (const auto& bytes : {line(joined), line("[" + joined + "]"), error, error + "\n", "[" + error + "\n]\n",
                            ",\r\n" + error + "\r\n]"}) {
    CAPTURE(bytes);
    const auto decoded = decode(text("so far") + bytes);
    CHECK(decoded.error() == ErrorCode::overloaded);
    CHECK(decoded.text() == "so far");
    CHECK(decoded.end.error->message.find("overloaded {really}") != std::string::npos);
    CHECK(decode(bytes).error() == ErrorCode::overloaded);
  }
  CHECK(decode(text("so far") + error.substr(0, error.size() - 1)).error() == ErrorCode::truncated);
  CHECK(decode(text("so far") + finish("STOP") + error).error() == ErrorCode::overloaded);  // the last word
}

TEST_CASE("an error without data: takes precedence over a broken connection") {
  const auto decoded = decode(ProviderKind::gemini, {text("a"), "{\"error\":{\"code\":503,\"message\":\"m\"}}\n"},
                              Error{ErrorCode::timeout, "silence"});
  CHECK(decoded.error() == ErrorCode::overloaded);
}

TEST_CASE("a Gemini list without a finish reason is not a complete answer") {
  const auto piece = candidate(R"([{"text":"a"}])");
  CHECK(decode(ProviderKind::gemini, "[" + piece + "," + piece + "]").error() == ErrorCode::truncated);
  CHECK(decode(ProviderKind::gemini, "[" + piece + "," + candidate("[]", R"(,"finishReason":"STOP")") + "]").end.ok);
  CHECK(decode(ProviderKind::gemini, "[" + piece + ",").error() == ErrorCode::truncated);
  const auto stop = candidate("[]", R"(,"finishReason":"STOP")");
  for (const std::string before : {"", "data: "}) {
    CHECK(decode(ProviderKind::gemini, before + "[" + stop + "," + piece + "]\n\n").error() == ErrorCode::truncated);
    CHECK(decode(ProviderKind::gemini, before + "[" + stop + "," + piece + "," + stop + "]\n\n").text() == "a");
  }
  CHECK(decode(ProviderKind::gemini, "\"text\"").error() == ErrorCode::malformed);
}

TEST_CASE("the model's name is one path segment, whatever it contains") {
  const auto path = [](const std::string& model) {
    core::ChatRequest request;
    request.model = model;
    return protocol_for(ProviderKind::gemini).path(request);
  };
  CHECK(path("gemini-2.5-pro") == "/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
  CHECK(path("models/gemini-2.5-pro") == "/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
  CHECK(path("../x?key=1#a b\r\n%") == "/models/..%2Fx%3Fkey%3D1%23a%20b%0D%0A%25:streamGenerateContent?alt=sse");
  CHECK(path("ü") == "/models/%C3%BC:streamGenerateContent?alt=sse");
}

TEST_CASE("a request to Gemini has contents and a system instruction, and requests the thoughts") {
  core::ChatRequest request;
  request.model = "gemini";
  request.messages = {{core::ChatMessage::Role::system, "be brief"},
                      {core::ChatMessage::Role::user, "Grüße \"x\"\n"},
                      {core::ChatMessage::Role::assistant, "yes"}};
  const auto& gemini = protocol_for(ProviderKind::gemini);
  CHECK(parse_json(gemini.body(request).json).value() ==
        Json::parse(R"({"contents":[{"role":"user","parts":[{"text":"Grüße \"x\"\n"}]},
                                    {"role":"model","parts":[{"text":"yes"}]}],
                        "systemInstruction":{"parts":[{"text":"be brief"}]},
                        "generationConfig":{"thinkingConfig":{"includeThoughts":true}}})"));
  request.messages = {{core::ChatMessage::Role::system, "alone"}};
  request.restrictions.rejected = {core::ParameterForm::thinking};
  CHECK(parse_json(gemini.body(request).json).value() ==
        Json::parse(R"({"contents":[{"role":"user","parts":[{"text":"alone"}]}]})"));
  CHECK(gemini.key_header() == "x-goog-api-key: ");
}

TEST_CASE("Gemini names the version of the model and the response") {
  const auto decoded =
      decode(ProviderKind::gemini,
             "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}],"
             "\"modelVersion\":\"gemini-x-001\",\"responseId\":\"r1\"}\n\n");
  CHECK(decoded.end.generation == Generation{"gemini-x-001", "r1", ""});
}
