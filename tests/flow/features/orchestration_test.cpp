// Workflows and members, one test per feature (scripts/features).
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/features/feature_world.h"

namespace plenum::tests {

namespace {

constexpr const char* found_body =
    R"({"results":[{"title":"A page","url":"https://a.example/x","content":"The fact."}]})";

Script breaks_off() { return Script::stream(Framing::until_close).words({"half"}).cut(Cut::fin); }

std::string engine_table(const ScriptedUpstream& engine) {
  return "[providers.tavily]\nkind = \"tavily\"\nretries_max = 0\nbase_url = \"http://127.0.0.1:" +
         std::to_string(engine.port()) + "\"\n";
}

}  // namespace

TEST_CASE("C1 members answer in parallel, and a slow one does not delay the text of the others") {
  FeatureWorld world;
  const Latch gate("gate");
  world.upstream.on({.model = "m1"}, Script::stream().wait_for(gate).words({"late"}).finish());
  world.script_steps();
  const std::string id = world.submit("raw", "Which one?", three_members);
  auto reader = world.events(id);
  CHECK(read_text(reader, "the answer of m2", seconds(10)));
  gate.open();
  CHECK(world.whole_stream(id).back().json()["result"]["answers"].size() == 3);
}

TEST_CASE("C2 raw lists every answer under its member, without a judge") {
  FeatureWorld world;
  world.script_steps();
  const Json result = world.run("raw")["result"];
  CHECK(world.upstream.request_count() == 3);
  CHECK(result["answer"].get<std::string>().find("## bench/m2\n\nthe answer of m2") != std::string::npos);
  CHECK_FALSE(result.contains("synthesis"));
}

TEST_CASE("C3 synthesize merges the answers, and the chairman is shown the question and all of them") {
  FeatureWorld world;
  world.script_steps();
  const Json result = world.run("synthesize", std::string(three_members) + R"(,"chairman":"bench/chair")")["result"];
  CHECK(result["synthesis"] == "the answer of chair");
  const auto prompts = world.prompts_with("the answer of m3");
  REQUIRE_FALSE(prompts.empty());
  CHECK(prompts[0].find("Which one?") != std::string::npos);
  CHECK(prompts[0].find("the answer of m1") != std::string::npos);
}

TEST_CASE("C4 duo gives both drafts and the question to its combiner, always in the same order") {
  for (const bool precise_first : {false, true}) {
    FeatureWorld world;
    const Latch gate("gate");
    world.upstream.on({.model = precise_first ? "m1" : "m2", .times = 1},
                      Script::stream().wait_for(gate).words({precise_first ? "draft one" : "draft two"}).finish());
    world.upstream.on({.model = precise_first ? "m2" : "m1", .times = 1},
                      whole_answer(precise_first ? "draft two" : "draft one"));
    world.upstream.always(whole_answer("combined"));
    const std::string id = world.submit("duo", "Which one?", three_members);
    auto reader = world.events(id);
    REQUIRE(read_text(reader, precise_first ? "draft two" : "draft one", seconds(10)));
    gate.open();
    CHECK(world.whole_stream(id).back().json()["result"]["answer"] == "combined\n");
    const auto prompts = world.prompts_with("draft two");
    REQUIRE(prompts.size() == 1);
    CHECK(prompts[0].find("draft one") < prompts[0].find("draft two"));
    CHECK(prompts[0].find("Which one?") != std::string::npos);
  }
}

TEST_CASE("C5 debaters see the others' answers without names, and a member that fails takes no further part") {
  FeatureWorld world;
  world.upstream.on({.model = "m3"}, breaks_off());
  world.script_steps();
  const Json result = world.run("debate", std::string(three_members) + R"(,"options":{"rounds":1})")["result"];
  CHECK(result["degraded"] == true);
  int of_third = 0;
  for (std::size_t i = 0; i < world.upstream.request_count(); ++i)
    of_third += world.upstream.request(i).model() == "m3";
  CHECK(of_third == 1);
  for (const auto& prompt : world.prompts_with("the answer of m1")) CHECK(prompt.find("bench/m1") == std::string::npos);
}

TEST_CASE("C5 a debate ends early when its answers no longer change") {
  FeatureWorld world;
  world.script_steps();
  const Json result =
      world.run("debate", std::string(three_members) + R"(,"options":{"rounds":5,"converge":0.9})")["result"];
  CHECK(result["degraded"] == false);
  CHECK(world.upstream.request_count() == 3 + 3 + 1);
}

TEST_CASE("C6 adversarial replaces a proposer that fails, and its judge sees proposal and critiques") {
  FeatureWorld world;
  world.upstream.on({.model = "m1"}, Script::answer(400, R"({"error":{"message":"gone"}})"));
  world.script_steps();
  const Json result = world.run("adversarial", std::string(three_members) + R"(,"chairman":"bench/chair")")["result"];
  CHECK(result["degraded"] == true);
  CHECK(result["answer"] == "the answer of chair\n");
  CHECK_FALSE(world.prompts_with("the answer of m3").empty());
}

TEST_CASE("C7 vote counts one vote per member and names the winner") {
  FeatureWorld world;
  world.upstream.on({.model = "m3"}, whole_answer("VOTE: B"));
  world.upstream.on({.prompt_has = "A. red"}, whole_answer("VOTE: A"));
  world.upstream.on({.prompt_has = "B. red"}, whole_answer("VOTE: B"));
  const Json votes =
      world.run("vote", std::string(three_members) + R"(,"options":{"choices":["red","green"]})")["result"]["votes"];
  CHECK(votes.dump().find("red") != std::string::npos);
  CHECK(votes.dump().find("bench/m3") != std::string::npos);
}

TEST_CASE("C10 council ranks the answers without names and gives their mean ranks") {
  FeatureWorld world;
  world.script_steps();
  const Json result = world.run("council")["result"];
  CHECK(result["degraded"] == false);
  CHECK(result["rankings"].dump().find("\"average_rank") != std::string::npos);
  for (const auto& prompt : world.prompts_with("FINAL RANKING")) CHECK(prompt.find("bench/m") == std::string::npos);
}

TEST_CASE("C11 a chairman that fails is replaced along its fallback chain") {
  FeatureWorld world;
  world.upstream.on({.model = "broken"}, breaks_off());
  world.script_steps();
  const Json result = world.run(
      "synthesize", std::string(three_members) +
                        R"(,"chairman":"bench/broken","fallback":{"bench/broken":["bench/chair"]})")["result"];
  CHECK(result["synthesis"] == "the answer of chair");
  CHECK(result["reasons"].dump().find("bench/broken") != std::string::npos);
}

TEST_CASE("C12 arena participants read the whole transcript, and further rounds reuse the statements") {
  FeatureWorld world;
  world.script_steps();
  const Json last = world.run("arena", std::string(three_members) + R"(,"options":{"rounds":1})");
  CHECK(last["result"]["rounds"][1]["ended"] == "rounds_done");
  CHECK(world.upstream.request_count() == 3 + 3 + 1);
  CHECK(world.plenum({"extend", "--rounds", "2", last["stream_id"].get<std::string>()}).exit_code == 0);
  CHECK(world.upstream.request_count() == 7 + 6 + 1);
  CHECK_FALSE(world.prompts_with("deliberation 3").empty());
}

TEST_CASE("C13 consensus designs, writes, reviews, refines and documents, with at most three rounds") {
  FeatureWorld world;
  script_consensus(world.upstream);
  const std::string id = world.submit("consensus", "Build a login.");
  const auto frames = world.whole_stream(id);
  CHECK(agents_started(frames) ==
        std::vector<std::string>{"Architect", "Coder", "Reviewer", "Refiner", "Reviewer", "Documenter"});
  FeatureWorld endless;
  endless.upstream.on({.prompt_has = "critical_issues"},
                      whole_answer(R"({"critical_issues":["broken"],"suggestions":[],"issues_found":true})"));
  endless.upstream.always(whole_answer("```python\nprint(1)\n```"));
  const Json result = endless.run("consensus", R"("members":["bench/m1"])")["result"];
  CHECK(endless.upstream.request_count() == 10);
  CHECK(result["degraded"] == true);
}

TEST_CASE("C14 the context of a task stands in the prompts") {
  FeatureWorld world;
  world.script_steps();
  world.run("council", std::string(three_members) + R"(,"context":{"language":"Esperanto"})");
  CHECK(world.prompts_with("Esperanto").size() == world.upstream.request_count());
}

TEST_CASE("C15 a web search uses the next engine when one fails") {
  ScriptedUpstream broken, works;
  broken.always(Script::answer(500, "{}"));
  works.always(Script::answer(200, found_body));
  FeatureWorld world({}, engine_table(broken) +
                             "[providers.searx]\nkind = \"searxng\"\nbase_url = \"http://127.0.0.1:" +
                             std::to_string(works.port()) + "\"\n");
  world.script_steps();
  const Json result = world.run("synthesize", std::string(three_members) + R"(,"options":{"search":true})")["result"];
  CHECK(result["sources"][0]["url"] == "https://a.example/x");
  CHECK_FALSE(world.prompts_with("The fact.").empty());
}

TEST_CASE("C15 a member writes the search query from the task and the earlier turns") {
  ScriptedUpstream engine;
  engine.always(Script::answer(200, found_body));
  FeatureWorld world({}, engine_table(engine));
  world.upstream.on({.body_has = "Write the one query"}, whole_answer("\"sqlite 3.51 changes\""));
  world.script_steps();
  world.run("single", R"("members":["bench/m1"],"conversation_id":"talk")", "What is SQLite?");
  world.run("single", R"("members":["bench/m1"],"conversation_id":"talk","options":{"search":true})",
            "And what changed in it?");
  CHECK(engine.request(0).body.find(R"("query":"sqlite 3.51 changes")") != std::string::npos);
  CHECK(world.prompts_with("Write the one query").front().find("What is SQLite?") != std::string::npos);
}

TEST_CASE("C16 the search runs in parallel with the first answers") {
  ScriptedUpstream engine;
  const Latch gate("gate");
  engine.always(Script::stream(Framing::until_close).wait_for(gate).cut(Cut::fin));
  FeatureWorld world({}, engine_table(engine));
  world.script_steps();
  const std::string id =
      world.submit("synthesize", "Which one?", std::string(three_members) + R"(,"options":{"search":true})");
  auto reader = world.events(id);
  CHECK(read_text(reader, "the answer of m2", seconds(10)));
  gate.open();
  CHECK(world.whole_stream(id).back().json()["type"] == "task_completed");
}

TEST_CASE("C17 rankings start before the last answer, which is ranked when it comes or dropped") {
  for (const bool ranked : {true, false}) {
    FeatureWorld world;
    const Latch gate("gate");
    script_rankings(world.upstream, "ABC");
    world.upstream.on({.model = "m3", .times = 1}, Script::stream().wait_for(gate).words({"late"}).finish());
    world.script_steps();
    const std::string id =
        world.submit("council", "Which one?",
                     std::string(three_members) + R"(,"options":{"late":")" + (ranked ? "rank" : "drop") + "\"}");
    CHECK(world.upstream.wait_for_requests(5, seconds(10)));
    gate.open();
    const Json result = world.whole_stream(id).back().json()["result"];
    CHECK(result["rankings"]["standings"].size() == (ranked ? 3 : 2));
    CHECK(result["degraded"] == !ranked);
  }
}

TEST_CASE("C18 members that fail leave a degraded result of the others") {
  for (int failing = 1; failing <= 2; ++failing) {
    FeatureWorld world;
    for (int i = 0; i < failing; ++i) world.upstream.on({.model = "m" + std::to_string(3 - i)}, breaks_off());
    world.script_steps();
    const Json last = world.run("synthesize");
    CHECK(last["type"] == "task_completed");
    CHECK(last["result"]["degraded"] == true);
    CHECK(last["result"]["reasons"].size() >= static_cast<std::size_t>(failing));
  }
}

TEST_CASE("C19 with strict the first failure ends the task") {
  FeatureWorld world;
  world.upstream.on({.model = "m3"}, breaks_off());
  world.script_steps();
  CHECK(world.run("synthesize", std::string(three_members) + R"(,"options":{"strict":true})")["type"] == "task_error");
}

TEST_CASE("C20 a degraded result is marked in the event, the status and the exit code of the client") {
  FeatureWorld world;
  world.upstream.on({.model = "m3"}, breaks_off());
  world.script_steps();
  const std::string id = world.submit("synthesize", "Which one?", three_members);
  CHECK(world.whole_stream(id).back().json()["result"]["degraded"] == true);
  const Json status = world.status(id);
  CHECK(status["degraded"] == true);
  CHECK_FALSE(status["reasons"].empty());
  CHECK(world.plenum({"attach", id}).exit_code == 3);
}

TEST_CASE("C21 an attached text stands in the prompt of every step that is shown the task") {
  FeatureWorld world;
  world.script_steps();
  world.run("council", std::string(three_members) +
                           R"(,"context":{"attachments":[{"name":"notes.md","text":"the secret of the notes"}]})");
  CHECK(world.prompts_with("the secret of the notes").size() == world.upstream.request_count());
}

TEST_CASE(
    "C21 an attached image is sent with every prompt that shows the context, and a model without images is reported") {
  FeatureWorld world;
  world.upstream.on({.model = "m3", .body_has = "image_url"},
                    Script::answer(400, R"({"error":{"message":"This model does not support image input."}})"));
  world.script_steps();
  const Json result = world.run("council", std::string(three_members) +
                                               R"(,"context":{"attachments":[{"name":"p.png","media_type":"image/png",)"
                                               R"("data":"iVBORw0KGgo="}]})")["result"];
  int with_image = 0;
  for (std::size_t i = 0; i < world.upstream.request_count(); ++i) {
    with_image += world.upstream.request(i).body.find("data:image/png;base64,iVBORw0KGgo=") != std::string::npos;
  }
  CHECK(with_image >= 6);  // two answers, their rankings, the synthesis, and the call that was rejected
  CHECK(result["degraded"] == true);
  CHECK(result["reasons"].dump().find("bench/m3 does not accept p.png") != std::string::npos);
}

TEST_CASE("C22 the earlier turns of a conversation stand in the prompt") {
  FeatureWorld world;
  world.script_steps();
  world.run("single", R"("members":["bench/m1"],"conversation_id":"talk")", "My name is Ada.");
  world.run("single", R"("members":["bench/m2"],"conversation_id":"talk")", "What is my name?");
  const auto prompts = world.prompts_with("What is my name?");
  REQUIRE(prompts.size() == 1);
  CHECK(prompts[0].find("My name is Ada.") != std::string::npos);
  CHECK(prompts[0].find("the answer of m1") != std::string::npos);
}

TEST_CASE("C23 prompts are changed by a file while the server runs") {
  const TempDir directory;
  FeatureWorld world({{"workflows_dir", '"' + directory.path().string() + '"'}});
  world.script_steps();
  directory.write("shout.toml",
                  "name = \"shout\"\ndescription = \"Shouts.\"\nroles = [\"member\"]\nanswer = \"{{a}}\"\n"
                  "[[steps]]\nid = \"a\"\nagent = \"A\"\nstage = \"a\"\nprompt = \"LOUDLY: {{task}}\"\n");
  const auto known = [&] { return world.get("/api/workflows/shout").status == 200; };
  REQUIRE(eventually(known, seconds(20)));
  world.run("shout", R"("members":["bench/m1"])");
  CHECK(world.prompts_with("LOUDLY: Which one?").size() == 1);
}

TEST_CASE("C24 a task selects its members by the name of a council") {
  FeatureWorld world({},
                     "[councils.review]\nmembers = [\"bench/m1\", \"bench/m2\"]\nchairman = \"bench/chair\"\n"
                     "workflow = \"synthesize\"\n");
  world.script_steps();
  const Finished run = world.plenum({"run", "--council", "review", "Which one?"});
  CHECK(run.exit_code == 0);
  CHECK(run.out == "the answer of chair\n");
}

}  // namespace plenum::tests
