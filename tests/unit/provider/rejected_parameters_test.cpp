// Calls to a server that rejects parameters.
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

std::string error_response(const std::string& body, const std::string& status = "400 Bad Request") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
std::string message(const std::string& text) { return R"({"error":{"message":")" + text + "\"}}"; }
std::string answer() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + content_line("yes") + std::string(stop_line);
}

struct RejectionFixture : RemoteFixture {
  // A server that answers each request with what `respond` returns for its body.
  void serve(std::function<std::string(const Json&)> respond) {
    server = std::make_unique<TinyServer>([this, respond = std::move(respond)](Connection& connection) {
      const auto text = connection.read_request();
      const auto body = parse_json(text.substr(std::min(text.find("\r\n\r\n"), text.size())));
      if (!body) return;
      bodies.push_back(*body);
      connection.send(respond(*body));
    });
    provider_at(server->url());
  }

  std::vector<Json> bodies;  // read by the test after the call has ended
  std::unique_ptr<TinyServer> server;
};

}  // namespace

TEST_CASE_FIXTURE(RejectionFixture, "a rejected parameter costs one extra call per model") {
  serve([](const Json& body) {
    return body.contains("temperature") ? error_response(message("`temperature` is deprecated for this model."))
                                        : answer();
  });
  chat_request.parameters.temperature = 0.2;
  Listener first, second;
  run_to_end(first);
  CHECK(first.end.ok);
  CHECK(first.text == "yes");
  CHECK(first.rejected == "temperature ");
  run_to_end(second);
  CHECK(second.end.ok);
  CHECK(second.rejected.empty());
  CHECK(bodies.size() == 3);
}

TEST_CASE_FIXTURE(RejectionFixture, "several parameters are rejected one after the other, also with status 422") {
  serve([](const Json& body) {
    if (body.contains("seed")) {
      return error_response(R"({"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs"}]})",
                            "422 Unprocessable Entity");
    }
    if (body.contains("max_tokens")) {
      return error_response(message("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."));
    }
    return answer();
  });
  chat_request.parameters.seed = 1;
  chat_request.parameters.max_tokens = 100;
  Listener listener;
  run_to_end(listener);
  CHECK(listener.end.ok);
  CHECK(listener.rejected == "seed max_tokens ");
  CHECK(bodies.back()["max_completion_tokens"] == 100);
}

TEST_CASE_FIXTURE(RejectionFixture, "an error event before the first text rejects a parameter as well") {
  serve([](const Json& body) {
    return body.contains("top_p") ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                                    "data: {\"error\":{\"code\":400,\"message\":\"top_p is not supported\"}}\n\n"
                                  : answer();
  });
  chat_request.parameters.top_p = 0.5;
  Listener listener;
  run_to_end(listener);
  CHECK(listener.end.ok);
  CHECK(listener.rejected == "top_p ");
}

TEST_CASE_FIXTURE(RejectionFixture, "a call that must have a token limit fails if the model rejects every form of it") {
  serve([](const Json&) { return error_response(message("no max_tokens and no max_completion_tokens here")); });
  chat_request.parameters.max_tokens = 100;
  chat_request.max_tokens_required = true;
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::invalid_request);
  CHECK(listener.message() == "up: HTTP 400: no max_tokens and no max_completion_tokens here");
  CHECK(listener.end.error->remedy.find("max_cost_usd") != std::string::npos);
  CHECK(bodies.size() == 2);
  for (const auto& body : bodies) CHECK((body.contains("max_tokens") || body.contains("max_completion_tokens")));
}

TEST_CASE_FIXTURE(RejectionFixture, "a 400 about something else is not repeated") {
  serve([](const Json&) { return error_response(message("messages must not be empty")); });
  chat_request.parameters.temperature = 0.2;
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::invalid_request);
  CHECK(bodies.size() == 1);
}

TEST_CASE_FIXTURE(RejectionFixture, "an invalid response format of one caller does not affect later calls") {
  std::string reason;
  bool lasting = false;
  SUBCASE("a schema") { reason = "Invalid schema for response_format 'x'"; }
  SUBCASE("a prompt without the word") {
    reason = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
  }
  SUBCASE("a model that supports none") {
    reason = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.";
    lasting = true;
  }
  serve(
      [&](const Json& body) { return body.contains("response_format") ? error_response(message(reason)) : answer(); });
  chat_request.parameters.response_format = ResponseFormat{ResponseFormat::Kind::json_schema, "x", "{}"};
  Listener first, second;
  run_to_end(first);
  run_to_end(second);
  CHECK(first.end.ok);
  CHECK(first.rejected == "response_format ");
  CHECK(second.rejected.empty() == lasting);
}

TEST_CASE_FIXTURE(RejectionFixture, "the schema of a step is sent only to a provider that enforces it") {
  chat_request.answer_schema = ResponseFormat{ResponseFormat::Kind::json_schema, "x", "{}"};
  bool enforced = false;
  SUBCASE("unknown") {}
  SUBCASE("configured") {
    enforced = true;
    up.structured_output = core::ProviderInfo::StructuredOutput::json_schema;
  }
  serve([](const Json&) { return answer(); });
  Listener listener;
  run_to_end(listener);
  CHECK(bodies[0].contains("response_format") == enforced);
}
