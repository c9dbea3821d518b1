// What reaches the prompts besides the task: earlier turns, an earlier stream, personas, attachments.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// The messages of a request to the upstream, as `role: content`; the first one is the system prompt.
std::vector<std::string> messages_of(const UpstreamRequest& request, bool with_system = false) {
  std::vector<std::string> messages;
  const Json body = parse_json(request.body).value();
  for (const Json& message : body.at("messages")) {
    if (!with_system && message["role"] == "system") continue;
    messages.push_back(message["role"].get<std::string>() + ": " + message["content"].get<std::string>());
  }
  return messages;
}

std::string ask(World& world, std::string_view task, std::string_view fields) {
  const std::string id = world.submit("single", task, fields);
  (void)world.whole_stream(id);
  return id;
}

constexpr std::string_view talk = R"("conversation_id":"talk-1")";

// The first message of this code.
Json message_of(const std::vector<Frame>& frames, std::string_view code) {
  for (const Json& event : events_named(frames, "system_message")) {
    if (event["code"] == code) return event;
  }
  return {};
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("the prompt of a task in a conversation contains the earlier turns") {
  World world;
  world.upstream.next(whole_answer("Paris."));
  world.upstream.next(whole_answer("About two million."));
  ask(world, "Capital of France?", talk);
  const std::string id = ask(world, "How many live there?", talk);
  CHECK(messages_of(world.upstream.request(1)) ==
        Messages{"user: Capital of France?", "assistant: Paris.", "user: How many live there?"});
  const Json message = message_of(world.whole_stream(id), "conversation");
  CHECK(message["turns"] == 1);
  CHECK(message["omitted"] == 0);
}

TEST_CASE("another conversation, and a task without one, know nothing of it") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  ask(world, "One?", talk);
  ask(world, "Two?", R"("conversation_id":"talk-2")");
  ask(world, "Three?", R"("message_id":"m")");
  CHECK(messages_of(world.upstream.request(1)).size() == 1);
  CHECK(messages_of(world.upstream.request(2)).size() == 1);
}

TEST_CASE("a task that failed or was cancelled is no turn") {
  World world;
  world.upstream.next(Script::answer(400, R"({"error":{"message":"no"}})"));
  world.upstream.next(whole_answer("Yes."));
  ask(world, "First?", talk);
  ask(world, "Second?", talk);
  CHECK(messages_of(world.upstream.request(1)) == Messages{"user: Second?"});
}

TEST_CASE("turns beyond the prompt budget are omitted, oldest first, and this is reported") {
  World world(Settings{{"conversation_tokens", "60"}});
  world.upstream.always(whole_answer(std::string(120, 'x')));
  ask(world, "One?", talk);
  ask(world, "Two?", talk);
  const std::string id = ask(world, "Three?", talk);
  const auto messages = messages_of(world.upstream.request(2));
  REQUIRE(messages.size() == 3);
  CHECK(messages[0] == "user: Two?");
  const Json message = message_of(world.whole_stream(id), "conversation");
  CHECK(message["turns"] == 1);
  CHECK(message["omitted"] == 1);
}

TEST_CASE("a task may continue an earlier stream by its id, or from a turn in the request") {
  World world;
  world.upstream.always(whole_answer("Blue."));
  const std::string first = ask(world, "Which color?", R"("message_id":"m")");
  ask(world, "Why?", R"("prior":{"stream_id":")" + first + R"("})");
  CHECK(messages_of(world.upstream.request(1)) == Messages{"user: Which color?", "assistant: Blue.", "user: Why?"});
  ask(world, "And why?", R"("prior":{"question":"Q?","answer":"A."})");
  CHECK(messages_of(world.upstream.request(2)) == Messages{"user: Q?", "assistant: A.", "user: And why?"});
}

TEST_CASE("continuing a stream that does not exist or has no answer is rejected with its field") {
  World world;
  world.upstream.always(Script::silence());
  const std::string running = world.submit_single();
  for (const auto& [id, words] : std::vector<std::pair<std::string, std::string>>{
           {"00000000-0000-4000-8000-000000000000", "there is no such stream"}, {running, "has not ended"}}) {
    const HttpReply reply = world.post("/api/stream/task", R"({"task":"t","prior":{"stream_id":")" + id + R"("}})");
    CHECK(reply.status == 422);
    CHECK(reply.body.find("/prior/stream_id") != std::string::npos);
    CHECK(reply.body.find(words) != std::string::npos);
  }
}

TEST_CASE("one model answers as two personas, each with its own system text before the step's") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const std::string id = world.submit("council", "Which?",
                                      R"("members":["bench/m#sceptic","bench/m#optimist"],)"
                                      R"("personas":{"sceptic":"You doubt.","optimist":"You hope."})");
  const auto frames = world.whole_stream(id);
  CHECK(frames.back().json()["type"] == "task_completed");
  auto first = messages_of(world.upstream.request(0), true), second = messages_of(world.upstream.request(1), true);
  if (first[0].find("hope") != std::string::npos) std::swap(first, second);  // they are called concurrently
  CHECK(first[0].find("system: You doubt.\n\nToday is ") == 0);
  CHECK(second[0].find("system: You hope.\n\nToday is ") == 0);
  const Json result = world.result(id);
  CHECK(result["answers"][0]["member"] == "bench/m#sceptic");
  CHECK(result["answers"][1]["member"] == "bench/m#optimist");
}

TEST_CASE("an attached text stands in the prompt under its name") {
  World world;
  world.upstream.always(whole_answer("Seen."));
  ask(world, "Summarize.", R"("context":{"attachments":[{"name":"notes.md","text":"line one\nline two"}]})");
  const auto messages = messages_of(world.upstream.request(0));
  CHECK(messages.back().find("Attached: notes.md\n\n```\nline one\nline two\n```") != std::string::npos);
  CHECK(messages.back().find("attachments") == std::string::npos);
}

}  // namespace plenum::tests
