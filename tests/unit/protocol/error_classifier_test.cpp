#include <doctest/doctest.h>

#include <string>

#include "server/redaction/secret.h"

#include "server/provider/protocol/errors/error_classifier.h"

using namespace plenum;
using namespace plenum::protocol;

TEST_CASE("a status maps to the code in docs/providers.md if the body has no error type") {
  const std::pair<int, ErrorCode> rows[] = {
      {400, ErrorCode::invalid_request}, {401, ErrorCode::authentication},  {402, ErrorCode::billing},
      {403, ErrorCode::authentication},  {404, ErrorCode::invalid_request}, {408, ErrorCode::timeout},
      {413, ErrorCode::invalid_request}, {429, ErrorCode::rate_limit},      {500, ErrorCode::server},
      {502, ErrorCode::transport},       {503, ErrorCode::overloaded},      {504, ErrorCode::timeout},
      {529, ErrorCode::overloaded}};
  for (const auto& [status, code] : rows) {
    CAPTURE(status);
    CHECK(error_of_status(status, "").code == code);
    CHECK(error_of_status(status, "").message == "HTTP " + std::to_string(status));
  }
}

TEST_CASE("an error type in the body takes precedence over the status") {
  const auto code_of = [](int status, const char* body) { return error_of_status(status, body).code; };
  CHECK(code_of(429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})") ==
        ErrorCode::billing);
  CHECK(code_of(429, R"({"error":{"message":"m","code":"rate_limit_exceeded"}})") == ErrorCode::rate_limit);
  CHECK(code_of(400, R"({"error":{"message":"m","code":"context_length_exceeded"}})") == ErrorCode::invalid_request);
  CHECK(code_of(400, R"({"error":{"message":"m","code":"content_filter"}})") == ErrorCode::content_filter);
  CHECK(code_of(403, R"({"error":{"message":"m","code":403,"metadata":{"reasons":["x"],"flagged_input":"y"}}})") ==
        ErrorCode::content_filter);
  CHECK(code_of(502, R"({"error":{"message":"m","code":502,"metadata":{"error_type":"provider_overloaded"}}})") ==
        ErrorCode::overloaded);
  CHECK(code_of(529, R"({"error":{"message":"m","type":"api_error"}})") == ErrorCode::overloaded);
  CHECK(code_of(529, R"({"error":{"message":"m","type":"rate_limit_error"}})") == ErrorCode::overloaded);
  CHECK(code_of(429, R"({"error":{"message":"m","type":"invalid_request_error"}})") == ErrorCode::rate_limit);
  CHECK(code_of(500, R"({"error":{"message":"m","code":"context_length_exceeded"}})") == ErrorCode::invalid_request);
  CHECK(code_of(401, R"({"error":{"message":"m","type":"invalid_request_error"}})") == ErrorCode::authentication);
}

TEST_CASE("the message is found in every known format of error body") {
  const auto message_of = [](const char* body) { return error_of_status(400, body).message; };
  CHECK(message_of(R"({"error":{"message":"bad model","type":"x"}})") == "HTTP 400: bad model");
  CHECK(message_of(R"({"error":"plain"})") == "HTTP 400: plain");
  CHECK(message_of(R"({"detail":"from a framework"})") == "HTTP 400: from a framework");
  CHECK(message_of(R"({"object":"error","message":"old vllm"})") == "HTTP 400: old vllm");
  CHECK(message_of(R"([{"error":{"message":"in a list"}}])") == "HTTP 400: in a list");
  CHECK(message_of("<html><head><title>Bad</title></head>\n<body><h1>Bad gateway</h1></body></html>") ==
        "HTTP 400: Bad Bad gateway");
  CHECK(message_of("plain text\n") == "HTTP 400: plain text");
  CHECK(message_of(R"({"error":{"message":"Provider returned error","metadata":{"raw":"the real cause"}}})") ==
        "HTTP 400: Provider returned error: the real cause");
}

TEST_CASE("no message contains a key: complete, half masked or of another provider") {
  const redaction::Scrubber key({"secret-of-mine"});
  CHECK(user_facing_message("you sent secret-of-mine twice: secret-of-mine", key) ==
        "you sent [REDACTED] twice: [REDACTED]");
  CHECK(user_facing_message("Incorrect API key provided: sk-abcd****************wxyz.", key) ==
        "Incorrect API key provided: [REDACTED]");
  CHECK(user_facing_message("header was Authorization: Bearer abcdefgh12345", key) ==
        "header was Authorization: Bearer [REDACTED]");
  CHECK(user_facing_message("AIzaSyA1234567 and xai-12345678 and pplx-12345678 and gsk_12345678", key) ==
        "[REDACTED] and [REDACTED] and [REDACTED] and [REDACTED]");
  CHECK(user_facing_message("the task-management-system and sk-1 are words", key) ==
        "the task-management-system and sk-1 are words");
  CHECK(user_facing_message("nothing", redaction::Scrubber()) == "nothing");
}

TEST_CASE("no message contains a part of a key, wherever the text is truncated") {
  const std::string text = "k7Q2mZ9xW4vB8nL1";
  const redaction::Scrubber key({text});
  const auto shows_key = [&](std::string_view message) { return message.find(text.substr(0, 4)) != message.npos; };
  // Truncated here: the key is at every position around the limit.
  for (std::size_t offset = message_bytes_max - 2 * text.size(); offset <= message_bytes_max + text.size(); ++offset) {
    CAPTURE(offset);
    const std::string page = std::string(offset, '.') + text + std::string(64, '.');
    CHECK_FALSE(shows_key(user_facing_message(page, key)));
    CHECK_FALSE(shows_key(user_facing_message(error_of_status(500, page).message, key)));
    CHECK(user_facing_message(page, key).size() <= message_bytes_max);
  }
  // Truncated before: the body ends inside the key, as text and as incomplete JSON.
  for (std::size_t length = 4; length <= text.size(); ++length) {
    CAPTURE(length);
    const std::string cut = text.substr(0, length);
    CHECK_FALSE(shows_key(user_facing_message("you sent " + cut, key)));
    CHECK_FALSE(shows_key(user_facing_message(error_of_status(401, "<p>you sent " + cut).message, key)));
    CHECK_FALSE(
        shows_key(user_facing_message(error_of_status(401, R"({"error":{"message":"you sent )" + cut).message, key)));
  }
  CHECK(user_facing_message("it begins with k7Q", key) == "it begins with k7Q");
}

TEST_CASE("a message is one line of limited size") {
  CHECK(user_facing_message("a\nb\x1b[31m\tc\x7f", redaction::Scrubber()) == "a b [31m c ");
  CHECK(user_facing_message("\xff", redaction::Scrubber()) == "\uFFFD");
  std::string euros;
  for (int i = 0; i < 2000; ++i) euros += "€";
  CHECK(user_facing_message(euros, redaction::Scrubber()).size() == message_bytes_max - message_bytes_max % 3);
}

TEST_CASE("a secret that was moved from is empty") {
  redaction::Secret first("abc");
  redaction::Secret second(std::move(first));
  CHECK(second.reveal() == "abc");
  CHECK(first.empty());
  second = redaction::Secret();
  CHECK(second.empty());
}

TEST_CASE("error bodies of Anthropic and Google map to their codes") {
  const auto anthropic = [](int status, const std::string& type) {
    return error_of_status(status, R"({"type":"error","error":{"type":")" + type + R"(","message":"m"}})").code;
  };
  CHECK(anthropic(400, "invalid_request_error") == ErrorCode::invalid_request);
  CHECK(anthropic(401, "authentication_error") == ErrorCode::authentication);
  CHECK(anthropic(402, "billing_error") == ErrorCode::billing);
  CHECK(anthropic(403, "permission_error") == ErrorCode::authentication);
  CHECK(anthropic(404, "not_found_error") == ErrorCode::invalid_request);
  CHECK(anthropic(413, "request_too_large") == ErrorCode::invalid_request);
  CHECK(anthropic(429, "rate_limit_error") == ErrorCode::rate_limit);
  CHECK(anthropic(500, "api_error") == ErrorCode::server);
  CHECK(anthropic(504, "timeout_error") == ErrorCode::timeout);
  CHECK(anthropic(529, "overloaded_error") == ErrorCode::overloaded);
  const auto google = [](int code, const std::string& status, const std::string& more = "") {
    const auto json =
        R"({"error":{"code":)" + std::to_string(code) + R"(,"message":"m","status":")" + status + "\"" + more + "}}";
    const auto in_stream = error_of_event(json).code;
    CHECK(error_of_status(code, "[" + json + "]").code == in_stream);
    CHECK(error_of_status(code, json).code == in_stream);
    return in_stream;
  };
  CHECK(google(400, "INVALID_ARGUMENT") == ErrorCode::invalid_request);
  CHECK(google(400, "INVALID_ARGUMENT", R"(,"details":[{"reason":"API_KEY_INVALID"}])") == ErrorCode::authentication);
  CHECK(google(400, "FAILED_PRECONDITION") == ErrorCode::invalid_request);
  CHECK(google(401, "UNAUTHENTICATED") == ErrorCode::authentication);
  CHECK(google(403, "PERMISSION_DENIED") == ErrorCode::authentication);
  CHECK(google(404, "NOT_FOUND") == ErrorCode::invalid_request);
  CHECK(google(429, "RESOURCE_EXHAUSTED") == ErrorCode::rate_limit);
  CHECK(google(500, "INTERNAL") == ErrorCode::server);
  CHECK(google(503, "UNAVAILABLE") == ErrorCode::overloaded);
  CHECK(google(504, "DEADLINE_EXCEEDED") == ErrorCode::timeout);
}

TEST_CASE("OpenRouter's error_type takes precedence over the status") {
  const std::pair<const char*, ErrorCode> rows[] = {{"context_length_exceeded", ErrorCode::invalid_request},
                                                    {"max_tokens_exceeded", ErrorCode::invalid_request},
                                                    {"token_limit_exceeded", ErrorCode::invalid_request},
                                                    {"string_too_long", ErrorCode::invalid_request},
                                                    {"authentication", ErrorCode::authentication},
                                                    {"permission_denied", ErrorCode::authentication},
                                                    {"payment_required", ErrorCode::billing},
                                                    {"rate_limit_exceeded", ErrorCode::rate_limit},
                                                    {"provider_overloaded", ErrorCode::overloaded},
                                                    {"provider_unavailable", ErrorCode::transport},
                                                    {"invalid_request", ErrorCode::invalid_request},
                                                    {"content_policy_violation", ErrorCode::content_filter},
                                                    {"refusal", ErrorCode::content_filter},
                                                    {"timeout", ErrorCode::timeout},
                                                    {"server", ErrorCode::server},
                                                    {"unmapped", ErrorCode::server}};
  for (const auto& [type, code] : rows) {
    CAPTURE(type);
    const auto json = std::string(R"({"error":{"message":"m","metadata":{"error_type":")") + type + "\"}}}";
    CHECK(error_of_event(json).code == code);
  }
}

TEST_CASE("a wait in an error body is used, and an exhausted daily quota waits a day") {
  using std::chrono::milliseconds;
  const auto wait = [](const std::string& error) {
    return error_of_status(429, R"({"error":{"message":"m",)" + error + "}}").retry_after;
  };
  CHECK(wait(R"("details":[{"@type":"x"},{"retryDelay":"37s"}])") == milliseconds(37'000));
  CHECK(wait(R"("details":[{"retryDelay":"1.5s"}])") == milliseconds(1'500));
  const std::string daily = R"({"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]})";
  CHECK(wait("\"details\":[" + daily + R"(,{"retryDelay":"37s"}])") == std::chrono::hours(24));
  CHECK(wait("\"details\":[{\"retryDelay\":\"37s\"}," + daily + "]") == std::chrono::hours(24));
  CHECK(wait(R"("details":[{"violations":[{"quotaId":"PerMinute"}]}])") == std::nullopt);
  CHECK(wait(R"("details":[{"retryDelay":"soon"},7,{"violations":[7]},{"violations":7}])") == std::nullopt);
  CHECK(wait(R"("retry_after":2.5)") == milliseconds(2'500));
  CHECK(wait(R"("retry_after":1e300)") == std::chrono::hours(24));
  CHECK(wait(R"("retry_after":-1)") == milliseconds(0));
  const auto message_of = [](const std::string& message) {
    return error_of_event(R"({"error":{"message":")" + message + "\"}}").retry_after;
  };
  CHECK(message_of("Please try again in 1.2s. Visit us.") == milliseconds(1'200));
  CHECK(message_of("Please try again in 250ms.") == milliseconds(250));
  CHECK(message_of("try again in 6m0s") == milliseconds(360'000));
  CHECK(message_of("try again in 20 seconds") == milliseconds(20'000));
  CHECK(message_of("try again in 99999999999d") == std::chrono::hours(24));
  CHECK(message_of("try again in the morning") == std::nullopt);
  CHECK(message_of("Rate limit exceeded: free-models-per-day. Add credits.") == std::chrono::hours(24));
}

TEST_CASE("a line with the field `error` is an error with the words of the provider, unless its value states nothing") {
  const auto llama = error_of_line(R"(error: {"code":400,"message":"too long","type":"invalid_request_error"})");
  REQUIRE(llama);
  CHECK(llama->code == ErrorCode::invalid_request);
  CHECK(llama->message.find("too long") != std::string::npos);
  CHECK(error_of_line(R"(error: {"error":{"message":"nested"}})")->message.find("nested") != std::string::npos);
  CHECK(error_of_line("Error: out of memory")->message.find("out of memory") != std::string::npos);
  for (const auto* line :
       {"error:", "error: {}", "error: null", "error: \"\"", "error", "errors: x", "x error: y", ""}) {
    CAPTURE(line);
    CHECK_FALSE(error_of_line(line));
  }
}

TEST_CASE("an error member that states nothing is no error") {
  for (const auto* nothing : {"null", "{}", "\"\"", "\" \"", "false", "0", "[]", "[{}]",
                              R"({"code":0,"message":"","param":null,"details":[]})"}) {
    CAPTURE(nothing);
    const std::string member = std::string(R"("error":)") + nothing;
    CHECK_FALSE(find_error("{" + member + "}"));
    CHECK_FALSE(find_error(R"({"choices":[{)" + member + "}]}"));
    CHECK(find_error(R"({"choices":[{)" + member + R"(},{"error":{"message":"second"}}]})")->message.find("second") !=
          std::string::npos);
  }
  for (const auto* something : {"true", "1", "\"x\"", R"({"code":1,"message":""})", R"([{"msg":"x"}])"}) {
    CAPTURE(something);
    CHECK(find_error(std::string(R"({"error":)") + something + "}"));
  }
}

TEST_CASE("the remedy of an invalid request fits its cause") {
  const auto remedy = [](int status, const std::string& message) {
    return std::string(error_of_status(status, R"({"error":{"message":")" + message + "\"}}").advice());
  };
  CHECK(remedy(404, "model: claude-x").find("Check the model name") == 0);
  CHECK(remedy(404, "No endpoints found for x/y.").find("Check the model name") == 0);
  CHECK(remedy(404, "Invalid URL (POST /chat/completions)").find("Check the path of base_url") == 0);
  CHECK(error_of_status(404, "404 page not found").advice().find("Check the path of base_url") == 0);
  CHECK(remedy(400, "The model `gpt-x` does not exist").find("Check the model name") == 0);
  CHECK(remedy(400, "prompt is too long: 205000 tokens > 200000").find("Shorten the task") == 0);
  CHECK(remedy(413, "too big").find("Shorten the task") == 0);
  CHECK(
      error_of_status(400, R"({"error":{"message":"m","code":"context_length_exceeded"}})").advice().find("Shorten") ==
      0);
  CHECK(remedy(400, "`temperature` is deprecated for this model").find("Change the request") == 0);
  CHECK(error_of_status(503, R"({"error":{"message":"the model was not found in time"}})").remedy.empty());
}

TEST_CASE("the words with which vendors say that they do not have a model are recognized") {
  const auto missing = [](int status, const std::string& message, std::string_view model = "some-model") {
    return is_missing_model(status, error_of_status(status, message), model);
  };
  CHECK(missing(
      404,
      R"({"error":{"message":"The model `some-model` does not exist or you do not have access to it.","code":"model_not_found"}})"));
  CHECK(missing(404, R"({"type":"error","error":{"type":"not_found_error","message":"model: some-model"}})"));
  CHECK(missing(
      404,
      R"({"error":{"code":404,"message":"models/some-model is not found for API version v1beta","status":"NOT_FOUND"}})"));
  CHECK(missing(400, R"({"error":{"message":"some-model is not a valid model ID","code":400}})"));
  CHECK(missing(404, R"({"error":{"message":"No endpoints found for some-model.","code":404}})"));
  CHECK(missing(400, R"({"error":{"message":"Model Not Exist","type":"invalid_request_error"}})"));
  CHECK(missing(400, R"({"object":"error","message":"Invalid model: some-model","type":"invalid_model"})"));
  CHECK(missing(
      400,
      R"({"error":{"message":"The model `some-model` has been decommissioned and is no longer supported.","code":"model_decommissioned"}})"));
  CHECK(missing(404, R"({"error":"model \"some-model\" not found, try pulling it first"})"));
  CHECK(missing(
      400,
      R"({"error":{"message":"Invalid model 'some-model'. Permitted models can be found in the documentation.","code":400}})"));
  CHECK_FALSE(missing(404, "<html>not found</html>"));  // a wrong base URL
  CHECK_FALSE(missing(400, R"({"error":{"message":"temperature is not supported by this model"}})"));
  CHECK_FALSE(missing(400, R"({"error":{"message":"`temperature` is deprecated for this model."}})"));
  CHECK_FALSE(missing(400, R"({"error":{"message":"the maximum context length of some-model is 8192 tokens"}})"));
  CHECK_FALSE(missing(401, R"({"error":{"message":"no access to model some-model"}})"));
  CHECK_FALSE(missing(500, R"({"error":{"message":"model some-model not found"}})"));
  CHECK_FALSE(missing(429, R"({"error":{"message":"some-model not found"}})"));
}
