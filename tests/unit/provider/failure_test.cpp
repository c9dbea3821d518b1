#include <doctest/doctest.h>

#include <string>

#include "server/provider/failure.h"
#include "server/secret/secret.h"

using namespace plenum;
using namespace plenum::provider;

TEST_CASE("a status gives the class of docs/providers.md when the body says nothing") {
  const std::pair<int, ErrorCode> rows[] = {
      {400, ErrorCode::invalid_request}, {401, ErrorCode::authentication},  {402, ErrorCode::billing},
      {403, ErrorCode::authentication},  {404, ErrorCode::invalid_request}, {408, ErrorCode::timeout},
      {413, ErrorCode::invalid_request}, {429, ErrorCode::rate_limit},      {500, ErrorCode::server},
      {502, ErrorCode::transport},       {503, ErrorCode::overloaded},      {504, ErrorCode::timeout},
      {529, ErrorCode::overloaded}};
  for (const auto& [status, code] : rows) {
    CAPTURE(status);
    CHECK(failure_of_status(status, "").code == code);
    CHECK(failure_of_status(status, "").message == "HTTP " + std::to_string(status));
  }
}

TEST_CASE("a word in the body says more than the status") {
  const auto code_of = [](int status, const char* body) { return failure_of_status(status, body).code; };
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
  CHECK(code_of(429, R"({"error":{"message":"m","type":"invalid_request_error"}})") == ErrorCode::rate_limit);
  CHECK(code_of(500, R"({"error":{"message":"m","code":"context_length_exceeded"}})") == ErrorCode::invalid_request);
  CHECK(code_of(401, R"({"error":{"message":"m","type":"invalid_request_error"}})") == ErrorCode::authentication);
}

TEST_CASE("the message is found in every shape of error body that is in use") {
  const auto said = [](const char* body) { return failure_of_status(400, body).message; };
  CHECK(said(R"({"error":{"message":"bad model","type":"x"}})") == "HTTP 400: bad model");
  CHECK(said(R"({"error":"plain"})") == "HTTP 400: plain");
  CHECK(said(R"({"detail":"from a framework"})") == "HTTP 400: from a framework");
  CHECK(said(R"({"object":"error","message":"old vllm"})") == "HTTP 400: old vllm");
  CHECK(said(R"([{"error":{"message":"in a list"}}])") == "HTTP 400: in a list");
  CHECK(said("<html><head><title>Bad</title></head>\n<body><h1>Bad gateway</h1></body></html>") ==
        "HTTP 400: Bad Bad gateway");
  CHECK(said("plain text\n") == "HTTP 400: plain text");
  CHECK(said(R"({"error":{"message":"Provider returned error","metadata":{"raw":"the real cause"}}})") ==
        "HTTP 400: Provider returned error: the real cause");
}

TEST_CASE("no key leaves in a message, whole, half masked or of another provider") {
  const secret::Scrubber key({"secret-of-mine"});
  CHECK(scrubbed("you sent secret-of-mine twice: secret-of-mine", key) == "you sent [REDACTED] twice: [REDACTED]");
  CHECK(scrubbed("Incorrect API key provided: sk-abcd****************wxyz.", key) ==
        "Incorrect API key provided: [REDACTED]");
  CHECK(scrubbed("header was Authorization: Bearer abcdefgh12345", key) ==
        "header was Authorization: Bearer [REDACTED]");
  CHECK(scrubbed("AIzaSyA1234567 and xai-12345678 and pplx-12345678 and gsk_12345678", key) ==
        "[REDACTED] and [REDACTED] and [REDACTED] and [REDACTED]");
  CHECK(scrubbed("the task-management-system and sk-1 are words", key) ==
        "the task-management-system and sk-1 are words");
  CHECK(scrubbed("nothing", secret::Scrubber()) == "nothing");
}

TEST_CASE("no part of a key leaves in a message, wherever a text around it is cut") {
  const std::string text = "k7Q2mZ9xW4vB8nL1";
  const secret::Scrubber key({text});
  const auto shows_key = [&](std::string_view message) { return message.find(text.substr(0, 4)) != message.npos; };
  // What is cut here: the key stands at every place around the end of what is kept.
  for (std::size_t offset = message_bytes_max - 2 * text.size(); offset <= message_bytes_max + text.size(); ++offset) {
    CAPTURE(offset);
    const std::string page = std::string(offset, '.') + text + std::string(64, '.');
    CHECK_FALSE(shows_key(scrubbed(page, key)));
    CHECK_FALSE(shows_key(scrubbed(failure_of_status(500, page).message, key)));
    CHECK(scrubbed(page, key).size() <= message_bytes_max);
  }
  // What was cut before: the body ends inside the key, as text and as JSON that is no longer whole.
  for (std::size_t kept = 4; kept <= text.size(); ++kept) {
    CAPTURE(kept);
    const std::string cut = text.substr(0, kept);
    CHECK_FALSE(shows_key(scrubbed("you sent " + cut, key)));
    CHECK_FALSE(shows_key(scrubbed(failure_of_status(401, "<p>you sent " + cut).message, key)));
    CHECK_FALSE(shows_key(scrubbed(failure_of_status(401, R"({"error":{"message":"you sent )" + cut).message, key)));
  }
  CHECK(scrubbed("it begins with k7Q", key) == "it begins with k7Q");
}

TEST_CASE("a message is one line of text of bounded size") {
  CHECK(scrubbed("a\nb\x1b[31m\tc\x7f", secret::Scrubber()) == "a b [31m c ");
  CHECK(scrubbed("\xff", secret::Scrubber()) == "\uFFFD");
  std::string euros;
  for (int i = 0; i < 2000; ++i) euros += "€";
  CHECK(scrubbed(euros, secret::Scrubber()).size() == message_bytes_max - message_bytes_max % 3);
}

TEST_CASE("a secret that was moved from is empty") {
  secret::Secret first("abc");
  secret::Secret second(std::move(first));
  CHECK(second.reveal() == "abc");
  CHECK(first.empty());
  second = secret::Secret();
  CHECK(second.empty());
}
