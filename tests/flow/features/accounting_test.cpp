// Usage, cost, cache, history and export, one test per feature (scripts/features).
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/features/feature_world.h"
#include "tests/support/embedding/embedding_double.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr const char* prices = "[prices]\n\"bench/*\" = {input = 1.0, output = 100.0}\n";
constexpr std::string_view one_member = R"("members":["bench/m1"])";

std::string id_of(const Json& last) { return last["stream_id"].get<std::string>(); }

}  // namespace

TEST_CASE("E1 the last figure of each kind of tokens counts, however many frames report it") {
  FeatureWorld world;
  world.upstream.always(Script::stream()
                            .words({"hello"})
                            .send(data_line(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":1}})"))
                            .finish(7, 5));
  const Json usage = world.run("single", one_member)["result"]["usage"];
  CHECK(usage["prompt_tokens"] == 7);
  CHECK(usage["completion_tokens"] == 5);
  CHECK(usage["total_tokens"] == 12);
}

TEST_CASE("E2 a cost is computed from a price, or unknown, and never 0 for unknown") {
  {
    FeatureWorld world({}, prices);
    world.upstream.always(Script::stream().words({"hello"}).finish(1'000, 2'000));
    const Json cost = world.run("single", one_member)["result"]["cost"];
    CHECK(cost["usd"].get<double>() == doctest::Approx(0.201));
    CHECK(cost["origin"] == "estimated");
  }
  FeatureWorld world;
  world.script_steps();
  const Json cost = world.run("single", one_member)["result"]["cost"];
  CHECK(cost["usd"] == nullptr);
  CHECK(cost["origin"] == "unknown");
}

TEST_CASE("E3 the totals of a run are the sums of its receipts, failed calls included") {
  FeatureWorld world({}, prices);
  world.upstream.on({.model = "m3"}, Script::stream().words({"half"}).finish(10, 10, "content_filter"));
  world.script_steps();
  const Json result = world.run("synthesize")["result"];
  double sum = 0;
  std::int64_t tokens = 0;
  for (const Json& receipt : result["receipts"]) {
    sum += receipt["cost"]["usd"].get<double>();
    tokens += receipt["usage"]["completion_tokens"].get<std::int64_t>();
  }
  CHECK(result["receipts"].size() == 4);
  CHECK(result["cost"]["usd"].get<double>() == doctest::Approx(sum));
  CHECK(result["usage"]["completion_tokens"] == tokens);
}

TEST_CASE("E4 a cost limit stops further calls, and the paid ones are the partial result") {
  FeatureWorld world({}, prices);
  world.upstream.always(Script::stream().words({"an answer"}).finish(0, 4000));
  const Json last = world.run("synthesize", std::string(three_members) + R"(,"max_cost_usd":0.82)");
  CHECK(last["result"]["cost"]["usd"].get<double>() <= 0.82);
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["answers"].dump().find("an answer") != std::string::npos);
}

TEST_CASE("E5 a failed answer is not cached, and a degraded one neither") {
  FeatureWorld world(Settings{{"cache_bytes_max", "1000000"}});
  world.upstream.next(Script::answer(400, R"({"error":{"message":"no"}})"));
  world.script_steps();
  CHECK(world.run("single", one_member)["type"] == "task_error");
  const Json second = world.run("single", one_member)["result"];
  CHECK(second["cached"] == false);
  CHECK(second["answer"] == "the answer of m1");
}

TEST_CASE("E6 an identical task is answered from the cache in one shot and without a call") {
  FeatureWorld world(Settings{{"cache_bytes_max", "1000000"}});
  world.script_steps();
  world.run("synthesize");
  const std::size_t before = world.upstream.request_count();
  const auto frames = world.whole_stream(world.submit("synthesize", "Which one?", three_members));
  CHECK(frames.back().json()["result"]["cached"] == true);
  CHECK(world.upstream.request_count() == before);
  CHECK(events_named(frames, "token_stream").size() == 4);
}

TEST_CASE("E5 a cached answer survives a crash, and the order of fields in its context does not matter") {
  const TempDir dir;
  FeatureWorld world({{"store", "\"sqlite:" + (dir.path() / "log.db").string() + '"'}, {"cache_bytes_max", "1000000"}});
  world.script_steps();
  (void)world.run("single", R"("members":["bench/m1"],"context":{"a":1,"b":[1,2]})");
  world.server.kill_at_once();
  world.server.start_again();
  CHECK(world.run("single", R"("members":["bench/m1"],"context":{"b":[1,2],"a":1})")["result"]["cached"] == true);
  CHECK(world.run("single", R"("members":["bench/m1"],"context":{"b":[2,1],"a":1})")["result"]["cached"] == false);
  CHECK(world.upstream.request_count() == 2);
}

TEST_CASE("E7 a similar task with equal context is answered from the cache, and the client shows the similarity") {
  constexpr const char* question = "How do I sort a list of customers by date in Python?";
  constexpr const char* paraphrase = "Please tell me how to sort a list of customers by date in Python.";
  FeatureWorld world({{"cache_bytes_max", "1000000"},
                      {"semantic_cache_provider", "\"bench\""},
                      {"semantic_cache_model", "\"embed-1\""}});
  for (const char* text : {question, paraphrase}) {
    world.upstream.on({.model = "embed-1", .body_has = text}, Script::answer(200, embedding_response(text)));
  }
  world.script_steps();
  const Json first = world.run("single", one_member, question);
  const Json other = world.run("single", R"("members":["bench/m1"],"context":{"version":2})", paraphrase);
  CHECK(other["result"]["cached"] == false);
  const Json second = world.run("single", one_member, paraphrase)["result"];
  CHECK(second["answer"] == first["result"]["answer"]);
  CHECK(second["cache"]["kind"] == "semantic");
  CHECK(second["cache"]["stream_id"] == first["stream_id"]);
  const Finished shown = world.plenum({"run", "-w", "single", "-m", "bench/m1", paraphrase});
  CHECK(shown.err.find(std::string("the earlier task \"") + question + "\" is similar") != std::string::npos);
  CHECK(shown.err.find("from the cache, similarity 0.9") != std::string::npos);
  CHECK(
      world.plenum({"run", "-w", "single", "-m", "bench/m1", "--cache=exact", paraphrase}).err.find("from the cache") ==
      std::string::npos);
}

TEST_CASE("E10 a task that a crash interrupted continues, and no completed call is repeated") {
  const TempDir directory;
  FeatureWorld world({{"store", "\"sqlite:" + (directory.path() / "plenum.db").string() + '"'}});
  const Latch gate("gate");
  world.upstream.on({.model = "chair", .times = 1}, Script::stream().words({"half"}).wait_for(gate));
  world.script_steps();
  const std::string id =
      world.submit("synthesize", "Which one?", std::string(three_members) + R"(,"chairman":"bench/chair")");
  {
    auto reader = world.events(id);
    REQUIRE(read_text(reader, "half", seconds(10)));
  }
  world.server.kill_at_once();
  gate.open();
  world.server.start_again();
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["synthesis"] == "the answer of chair");
  CHECK(world.upstream.request_count() == 5);
}

TEST_CASE("E11 a finished task is repeated from its synthesis, its rankings, or as a whole") {
  FeatureWorld world;
  world.script_steps();
  // Without a second ranking of late answers, so that the number of calls is always the same.
  const std::string id = id_of(world.run("council", std::string(three_members) + R"(,"options":{"late":"wait"})"));
  const std::pair<const char*, std::size_t> calls[] = {{"synthesis", 1}, {"rankings", 4}, {"all", 7}};
  for (const auto& [from, expected] : calls) {
    CAPTURE(from);
    const std::size_t before = world.upstream.request_count();
    const HttpReply reply = world.post("/api/stream/retry/" + id, std::string(R"({"from":")") + from + "\"}");
    REQUIRE(reply.status == 202);
    CHECK(world.whole_stream(reply.json()["stream_id"]).back().json()["type"] == "task_completed");
    CHECK(world.upstream.request_count() - before == expected);
  }
}

TEST_CASE("E12 a task is exported as Markdown and JSON, and into a file") {
  FeatureWorld world;
  world.script_steps();
  const std::string id = id_of(world.run("council"));
  CHECK(world.get("/api/stream/export/" + id + "?format=markdown").body.find("the answer of m2") != std::string::npos);
  CHECK(world.get("/api/stream/export/" + id + "?format=json").json()["result"]["answers"].size() >= 3);
  const TempDir directory;
  const std::string file = (directory.path() / "task.md").string();
  CHECK(world.plenum({"export", id, "-o", file}).exit_code == 0);
  CHECK(std::filesystem::file_size(file) > 100);
}

}  // namespace plenum::tests
