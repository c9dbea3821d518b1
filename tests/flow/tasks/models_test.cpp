// Lists of models, default models that exist, names of models and the model that answered, against a scripted upstream.
#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/failure.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

const std::string key = "up-key-0123456789abcdef";

std::string list_path(Vendor vendor) { return vendor == Vendor::gemini ? "/v1beta/models" : "/v1/models"; }

std::string list_of(Vendor vendor, const std::string& model) {
  if (vendor == Vendor::gemini) {
    return R"({"models":[{"name":"models/)" + model + R"(","supportedGenerationMethods":["generateContent"]}]})";
  }
  return R"({"data":[{"id":")" + model + R"("}]})";
}

Script answer_of(Vendor vendor) { return Script::stream(Framing::chunked, vendor).text("An answer.").finish(); }

// A server with one provider `up` of this kind, with its key and two default models.
struct Stack {
  Stack(Vendor vendor, std::string_view kind, const std::string& more = "default_models = [\"gone\", \"here\"]\n")
      : tables("[providers.up]\nkind = \"" + std::string(kind) + "\"\nbase_url = \"" + upstream.base_url(vendor) +
               "\"\nkey_env = \"UP_KEY\"\n" + more) {}
  void start() {
    server = std::make_unique<ServerProcess>(
        ServerOptions{.settings = {{"shutdown_grace_ms", "0"}}, .tables = tables, .env = {{"UP_KEY", key}}});
  }
  std::vector<Frame> run(const std::string& fields) {
    const auto reply = post(server->port(), "/api/stream/task", R"({"task":"Say something.",)" + fields + "}");
    if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
    SseReader reader(server->port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    REQUIRE(reader.read_all(seconds(30)) == StreamEnd::finished);
    return reader.numbered();
  }
  Json provider(const std::string& query = "") {
    return get(server->port(), "/api/models" + query).json()["providers"][0];
  }
  // Requests that are no lists.
  std::vector<UpstreamRequest> calls() const {
    std::vector<UpstreamRequest> found;
    for (std::size_t i = 0; i < upstream.request_count(); ++i) {
      if (upstream.request(i).method == "POST") found.push_back(upstream.request(i));
    }
    return found;
  }

  ScriptedUpstream upstream;
  const std::string tables;
  std::unique_ptr<ServerProcess> server;
};

constexpr std::string_view one_default = R"("workflow":"single","members":["up"])";

}  // namespace

TEST_CASE("the default model is the first one that the vendor lists, for every protocol") {
  for (const Vendor vendor : all_vendors) {
    CAPTURE(vendor_name(vendor));
    Stack stack(vendor, vendor_name(vendor));
    stack.upstream.on({.path = list_path(vendor)}, Script::answer(200, list_of(vendor, "here")));
    stack.upstream.always(answer_of(vendor));
    stack.start();
    const auto frames = stack.run(std::string(one_default));
    const Json last = frames.back().json();
    CHECK(last["type"] == "task_completed");
    CHECK(last["result"]["degraded"] == false);
    CHECK(last["result"]["answers"][0]["member"] == "up/here");
    REQUIRE(stack.calls().size() == 1);
    CHECK(stack.calls()[0].model() == "here");
    CHECK(stack.provider()["default_model"] == "here");
    CHECK(stack.provider()["listed_models"] == Json::array({"here"}));
  }
}

TEST_CASE(
    "without a list, a default model that the vendor does not have is replaced by the next one, and that is reported") {
  Stack stack(Vendor::openai, "openai");
  stack.upstream.on({.path = "/v1/models"}, Script::answer(404, R"({"error":{"message":"no such route"}})"));
  stack.upstream.on(
      {.model = "gone"},
      Script::answer(404, R"({"error":{"message":"The model `gone` does not exist","code":"model_not_found"}})"));
  stack.upstream.always(answer_of(Vendor::openai));
  stack.start();
  const auto frames = stack.run(std::string(one_default));
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == false);
  Json report;
  for (const Json& message : events_named(frames, "system_message")) {
    if (message["code"] == "retry") report = message;
  }
  REQUIRE(report.is_object());
  CHECK(report["next_model"] == "here");
  CHECK(report["message"].get<std::string>().ends_with("; calling here instead"));
  REQUIRE(last["result"]["receipts"].size() == 2);
  CHECK(last["result"]["receipts"][0]["cost"]["usd"] == 0.0);
  CHECK(last["result"]["receipts"][1]["actual_model"] == "scripted");
  CHECK(stack.provider()["default_model"] == "here");  // the next task uses it from the start
  CHECK(stack.provider()["models_error"]["message"].get<std::string>().find("no such route") != std::string::npos);
  stack.run(std::string(one_default));
  REQUIRE(stack.calls().size() == 3);
  CHECK(stack.calls()[2].model() == "here");
}

TEST_CASE("a model that the task names is not replaced") {
  Stack stack(Vendor::openai, "openai");
  stack.upstream.always(
      Script::answer(404, R"({"error":{"message":"The model does not exist","code":"model_not_found"}})"));
  stack.start();
  const auto last = stack.run(R"("workflow":"single","members":["up/gone"])").back().json();
  CHECK(last["type"] == "task_error");
  CHECK(stack.calls().size() == 1);
}

TEST_CASE("models --refresh lists what the provider serves now, and the key is in no answer") {
  Stack stack(Vendor::openai, "openai", "models = [\"m\"]\n");
  stack.upstream.on({.times = 1, .path = "/v1/models"}, Script::answer(200, R"({"data":[{"id":"m"},{"id":"n"}]})"));
  stack.upstream.on({.path = "/v1/models"}, Script::answer(401, R"({"error":{"message":"wrong key )" + key + R"("}})"));
  stack.start();
  CHECK(stack.provider()["models_listed_at"].is_null());
  CHECK(stack.upstream.request_count() == 0);  // one default model: nothing depends on the list
  const Finished refreshed = run_to_end(plenum_command(stack.server->url(), {"models", "--refresh"}), seconds(30));
  CHECK(refreshed.exit_code == 0);
  CHECK(refreshed.out.find("up: 2 models, listed at ") != std::string::npos);
  CHECK(refreshed.out.find("* m\n  n\n") != std::string::npos);
  CHECK(stack.upstream.request(0).headers.at("authorization") == "Bearer " + key);
  const Json again = stack.provider("?live=1");
  CHECK(again["listed_models"] == Json::array({"m", "n"}));
  CHECK(again["models_error"]["code"] == "authentication");
  CHECK(again.dump().find(key) == std::string::npos);
  CHECK(get(stack.server->port(), "/api/models?live=2").status == 400);
  const Finished one = run_to_end(plenum_command(stack.server->url(), {"models", "up"}), seconds(30));
  CHECK(one.out.find("  n\n") != std::string::npos);
  CHECK(run_to_end(plenum_command(stack.server->url(), {"models", "nope"}), seconds(30)).exit_code == 2);
}

TEST_CASE("Ollama without configuration uses the first model that it has") {
  Stack stack(Vendor::openai, "ollama", "");
  stack.upstream.on({.path = "/v1/models"}, Script::answer(200, R"({"data":[{"id":"llama3.2:latest"}]})"));
  stack.upstream.always(answer_of(Vendor::openai));
  stack.start();
  const auto last = stack.run(R"("workflow":"single")").back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answers"][0]["member"] == "up/llama3.2:latest");
}

TEST_CASE("a model without a provider is found, and a wrong name gets the nearest ones") {
  Stack stack(Vendor::openai, "openai", "models = [\"gpt-4.1\"]\n");
  stack.upstream.always(answer_of(Vendor::openai));
  stack.start();
  const Finished found =
      run_to_end(plenum_command(stack.server->url(), {"run", "-w", "single", "-m", "gpt-4.1", "Say."}), seconds(30));
  CHECK(found.exit_code == 0);
  CHECK(stack.upstream.request(0).model() == "gpt-4.1");
  const Finished wrong = run_to_end(plenum_command(stack.server->url(), {"run", "-m", "gtp-4.1", "Say."}), seconds(30));
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("nearest: up/gpt-4.1") != std::string::npos);
}

TEST_CASE("one model answers several times as distinct members, which can be skipped and have their own receipts") {
  Stack stack(Vendor::openai, "openai", "models = [\"m\"]\n");
  stack.upstream.always(answer_of(Vendor::openai));
  stack.start();
  const auto frames = stack.run(R"("workflow":"raw","members":["up/m*3"])");
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == false);
  REQUIRE(last["result"]["answers"].size() == 3);
  CHECK(last["result"]["answers"][2]["member"] == "up/m~3");
  CHECK(last["result"]["answers"][2]["model"] == "m");
  CHECK(last["result"]["receipts"][2]["provider"] == "up");
  REQUIRE(stack.calls().size() == 3);
  for (const auto& call : stack.calls()) CHECK(call.model() == "m");

  Latch held("held");
  Stack slow(Vendor::openai, "openai", "models = [\"m\"]\n");
  slow.upstream.next(answer_of(Vendor::openai));
  slow.upstream.always(Script::stream().words({"one"}).wait_for(held).finish());
  slow.start();
  const auto reply =
      post(slow.server->port(), "/api/stream/task", R"({"task":"Say.","workflow":"raw","members":["up/m*2"]})");
  REQUIRE(reply.status == 202);
  const auto id = reply.json()["stream_id"].get<std::string>();
  REQUIRE(slow.upstream.wait_for_requests(2, seconds(10)));
  SseReader reader(slow.server->port(), "/api/stream/events/" + id);
  Json done;
  REQUIRE(reader.read_until(
      [&](const Frame& frame) { return frame.event == "chunk_completed" && ((done = frame.json()), true); },
      seconds(10)));
  const std::string other = done["member"] == "up/m" ? "up%2Fm~2" : "up%2Fm";
  CHECK(post(slow.server->port(), "/api/stream/cancel/" + id + "/members/" + other).status < 300);
  CHECK(reader.read_all(seconds(20)) == StreamEnd::finished);
  held.open();
}

TEST_CASE("the model, the vendor behind the gateway and the id of the response are in events, receipts and exports") {
  Stack stack(Vendor::openai, "openrouter", "models = [\"openrouter/auto\"]\n");
  // The first event with these fields counts; the chunks after it have others.
  stack.upstream.always(
      Script::answer(200,
                     data_line(R"({"id":"gen-1","provider":"Acme","model":"acme/large","choices":[]})") +
                         text_chunk("An answer.") + closing(Vendor::openai),
                     "text/event-stream"));
  stack.start();
  const auto frames = stack.run(std::string(one_default));
  const Json completed = events_named(frames, "chunk_completed").at(0);
  CHECK(completed["actual_model"] == "acme/large");
  CHECK(completed["generation_id"] == "gen-1");
  CHECK(completed["upstream_provider"] == "Acme");
  const Json receipt = frames.back().json()["result"]["receipts"][0];
  CHECK(receipt["model"] == "openrouter/auto");
  CHECK(receipt["actual_model"] == "acme/large");
  CHECK(receipt["upstream_provider"] == "Acme");
  const auto id = frames.back().json()["stream_id"].get<std::string>();
  const auto exported = get(stack.server->port(), "/api/stream/export/" + id);
  CHECK(exported.body.find("openrouter/auto (answered by acme/large)") != std::string::npos);
  CHECK(exported.body.find("gen-1") != std::string::npos);
}

}  // namespace plenum::tests
