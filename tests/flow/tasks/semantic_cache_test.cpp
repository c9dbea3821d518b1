// The answer to a similar earlier task comes from the cache: real server and client, with a scripted embeddings route.
#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/embedding/embedding_double.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr const char* question = "How do I sort a list of customers by date in Python?";
constexpr const char* paraphrase = "Could you please tell me how to sort a list of customers by date in Python?";
constexpr const char* other_name = "Could you please tell me how to sort a list of customers by date in Java?";

struct SemanticWorld {
  explicit SemanticWorld(Settings more = {}) : world(settings(std::move(more), dir)) {
    for (const char* text : {question, paraphrase, other_name}) {
      world.upstream.on({.model = "embed-1", .body_has = std::string("\"input\":\"") + text + '"'},
                        Script::answer(200, embedding_response(text)));
    }
    world.upstream.on({.model = "m"}, whole_answer("Use sorted()."));
  }
  static Settings settings(Settings more, const TempDir& dir) {
    Settings all{{"store", "\"sqlite:" + (dir.path() / "log.db").string() + '"'},
                 {"cache_bytes_max", "1000000"},
                 {"shutdown_grace_ms", "0"},
                 {"semantic_cache_provider", "\"bench\""},
                 {"semantic_cache_model", "\"embed-1\""}};
    for (auto& [name, value] : more) all[name] = value;
    return all;
  }
  std::string ask(std::string_view task, const std::string& fields = {}) {
    const std::string id =
        world.submit("single", task, R"("members":["bench/m"])" + (fields.empty() ? "" : "," + fields));
    (void)world.whole_stream(id);
    return id;
  }
  Json result(const std::string& id) const { return world.result(id); }
  bool is_hit(const std::string& id) const { return result(id)["cached"] == true; }
  std::size_t model_calls() const {
    std::size_t calls = 0;
    for (std::size_t i = 0; i < world.upstream.request_count(); ++i) {
      calls += world.upstream.request(i).model() == "m" ? 1 : 0;
    }
    return calls;
  }

  TempDir dir;
  World world;
};

}  // namespace

TEST_CASE("a paraphrase is answered from the cache, and names the earlier task and the similarity") {
  SemanticWorld semantic;
  const std::string first = semantic.ask(question);
  CHECK_FALSE(semantic.is_hit(first));
  const std::string second = semantic.ask(paraphrase);
  const Json result = semantic.result(second);
  CHECK(semantic.model_calls() == 1);
  CHECK(result["answer"] == "Use sorted().");
  CHECK(result["cached"] == true);
  CHECK(result["cache"]["kind"] == "semantic");
  CHECK(result["cache"]["stream_id"] == first);
  CHECK(result["cache"]["similarity"].get<double>() >= 0.95);
  CHECK(result["cost"]["usd"] == 0.0);
  const auto frames = semantic.world.whole_stream(second);
  CHECK(broken_rule(frames) == "");
  const auto messages = events_named(frames, "system_message");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["code"] == "cache_hit");
  CHECK(messages[0]["kind"] == "semantic");
  CHECK(messages[0]["source_task"] == question);
  CHECK(messages[0]["source_stream_id"] == first);
  CHECK(messages[0]["similarity"] == result["cache"]["similarity"]);
}

TEST_CASE("a similar task with another name, another context or other members calls its model") {
  SemanticWorld semantic;
  (void)semantic.ask(question);
  CHECK_FALSE(semantic.is_hit(semantic.ask(other_name)));
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase, R"("context":{"version":"2.7"})")));
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase, R"("parameters":{"temperature":0.1})")));
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase, R"("prior":{"question":"q","answer":"a"})")));
  CHECK(semantic.model_calls() == 5);
}

TEST_CASE("a task may exclude the answers of similar tasks, or all cached answers") {
  SemanticWorld semantic;
  (void)semantic.ask(question);
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase, R"("cache":false)")));
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase, R"("cache":"exact")")));
  CHECK(semantic.result(semantic.ask(question, R"("cache":"exact")"))["cache"]["kind"] == "exact");
}

TEST_CASE("similar tasks are found after a kill, unless the earlier task was deleted or the model is another") {
  SemanticWorld semantic;
  World& world = semantic.world;
  const std::string first = semantic.ask(question);
  world.server.kill_at_once();
  world.server.start_again();
  CHECK(semantic.result(semantic.ask(paraphrase))["cache"]["stream_id"] == first);
  REQUIRE(fetch(world.server.port(), request_text("DELETE", "/api/stream/task/" + first)).status == 204);
  world.server.kill_at_once();
  world.server.start_again();
  CHECK_FALSE(semantic.is_hit(semantic.ask(paraphrase)));
}

TEST_CASE("a failing embeddings route fails no task, and is called once until its cooldown is over") {
  SemanticWorld semantic(Settings{{"semantic_cache_model", "\"embed-2\""}});
  for (const char* text : {question, paraphrase, other_name}) CHECK_FALSE(semantic.is_hit(semantic.ask(text)));
  CHECK(semantic.model_calls() == 3);
  CHECK(semantic.world.upstream.request_count() < 3 + 3);
  CHECK(semantic.world.server.log().find("semantic cache: bench: ") != std::string::npos);
  CHECK(semantic.result(semantic.ask(question))["cache"]["kind"] == "exact");
}

TEST_CASE("a submission does not wait for the embedding") {
  SemanticWorld semantic(Settings{{"semantic_cache_timeout_ms", "\"60s\""}});
  semantic.world.upstream.on({.model = "embed-1"}, Script::silence());
  const std::string id =
      semantic.world.submit("single", "Something that has no embedding.", R"("members":["bench/m"])");
  SseReader events = semantic.world.events(id);
  REQUIRE(semantic.world.upstream.wait_for_requests(1, seconds(10)));
  CHECK(semantic.world.status(id)["finished_at"].is_null());
  CHECK(semantic.model_calls() == 0);
  CHECK(semantic.world.cancel(id).status == 202);
  CHECK(semantic.world.whole_stream(id).back().json()["type"] == "task_cancelled");
}

TEST_CASE("a provider that has no embeddings is rejected at startup with the remedy") {
  std::string error;
  try {
    const World world(Settings{{"semantic_cache_provider", "\"nonesuch\""}});
  } catch (const std::exception& failure) {
    error = failure.what();
  }
  CHECK(error.find("semantic_cache_provider: there is no provider \"nonesuch\"") != std::string::npos);
}

}  // namespace plenum::tests
