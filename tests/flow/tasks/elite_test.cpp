// Verdict and readiness on every way out of the real server: events, result, status, exports, cache and client.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

constexpr std::string_view three_members = R"("members":["bench/m1","bench/m2","bench/m3"])";

constexpr std::string_view verdict_text =
    R"({"positions":[{"label":"green","summary":"It is calm.","members":["A","B"],"evidence":[]},)"
    R"({"label":"red","summary":"It is loud.","members":["C"],"evidence":[]}],"consensus_score":1,)"
    R"("minority_reports":[{"members":["C"],"claim":"Red is seen from afar.","evidence":[],"why_it_matters":"Safety"}],)"
    R"("type":"decision","headline":"Green","recommendation":"Paint it green."})";

struct EliteWorld : World {
  explicit EliteWorld(Settings settings = {}) : World(std::move(settings)) {
    upstream.on({.prompt_has = "letters of the answers"}, whole_answer(verdict_text));
    upstream.on({.prompt_has = "# What to write"}, whole_answer("Green, on balance."));
  }
  Finished plenum(std::vector<std::string> args) const {
    return run_to_end(plenum_command(server.url(), std::move(args)), seconds(60));
  }
  Finished run_elite() const {
    return plenum({"run", "-w", "elite", "-m", "bench/m1,bench/m2,bench/m3", "Red or green?"});
  }
};

}  // namespace

TEST_CASE("the verdict of elite is in the terminal event, the result, both exports and the output of the client") {
  EliteWorld world;
  world.upstream.always(whole_answer("I like green."));
  const std::string id = world.submit("elite", "Red or green?", three_members);
  const std::vector<Frame> frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  CHECK(world.upstream.request_count() == 11);
  const Json in_event = frames.back().json()["result"];
  CHECK(in_event["readiness"] == Json{{"status", "ready"}, {"reasons", Json::array()}});
  CHECK(in_event["verdict"]["consensus"] ==
        Json{{"score", 0.6667}, {"label", "majority"}, {"method", "position_cluster_ratio_v1"}});
  CHECK(in_event["degraded"] == false);
  CHECK(world.result(id)["verdict"] == in_event["verdict"]);
  CHECK(world.get("/api/stream/export/" + id + "?format=json").json()["result"]["verdict"] == in_event["verdict"]);
  const std::string page = world.get("/api/stream/export/" + id).body;
  CHECK(page.find("## Verdict\n\nGreen\n") != std::string::npos);
  CHECK(page.find("## Readiness\n\nready\n") != std::string::npos);
  const Finished run = world.run_elite();
  CHECK(run.exit_code == 0);
  CHECK(run.out == "Green, on balance.\n");
  CHECK(run.err.find("Consensus: majority (0.67), 2 of 3 members") != std::string::npos);
  CHECK(run.err.find("Readiness: ready") != std::string::npos);
}

TEST_CASE("an elite run that is not ready is degraded in result, status and exit code") {
  EliteWorld world;
  world.upstream.on({.model = "m3"}, Script::answer(400, R"({"error":{"message":"no such thing"}})"));
  world.upstream.always(whole_answer("I like green."));
  const Finished run = world.run_elite();
  CHECK(run.exit_code == 3);
  CHECK(run.err.find("Readiness: not ready (phase.answers.quorum_not_met)") != std::string::npos);
  CHECK(run.out.find("## bench/m1") != std::string::npos);
  const std::string id = world.submit("elite", "Red or green?", three_members);
  const Json result = world.whole_stream(id).back().json()["result"];
  CHECK(result["readiness"]["status"] == "not_ready");
  CHECK(result["degraded"] == true);
  const Json status = world.status(id);
  CHECK(status["degraded"] == true);
  CHECK(status["reasons"].back().get<std::string>().find("2 of 3 required members") != std::string::npos);
  CHECK(world.plenum({"status", id}).out.find("2 of 3 required members") != std::string::npos);
}

TEST_CASE("a cached answer has the verdict of the first one") {
  EliteWorld world(Settings{{"cache_bytes_max", "1000000"}});
  world.upstream.always(whole_answer("I like green."));
  const std::string fields = std::string(three_members) + R"(,"options":{"verdict":true})";
  const std::string first = world.submit("synthesize", "Red or green?", fields);
  (void)world.whole_stream(first);
  const std::size_t requests = world.upstream.request_count();
  CHECK(requests == 5);
  const std::string second = world.submit("synthesize", "Red or green?", fields);
  CHECK(world.whole_stream(second).back().json()["result"]["cached"] == true);
  CHECK(world.upstream.request_count() == requests);
  CHECK(world.result(second)["verdict"] == world.result(first)["verdict"]);
  const std::string without = world.submit("synthesize", "Red or green?", three_members);
  CHECK(world.whole_stream(without).back().json()["result"]["verdict_absent_reason"] == "disabled");
}

TEST_CASE("elite runs without any key, and its result is ready") {
  ServerProcess server({.settings = {{"offline_token_delay_ms", "0"}}});
  const Finished run = run_to_end(
      plenum_command(server.url(), {"run", "-w", "elite", "-m", "offline#a,offline#b,offline#c", "--persona",
                                    "a=First.", "--persona", "b=Second.", "--persona", "c=Third.", "Red or green?"}),
      seconds(60));
  CHECK(run.exit_code == 0);
  CHECK(run.err.find("Consensus: ") != std::string::npos);
  CHECK(run.err.find("Readiness: ready") != std::string::npos);
}

}  // namespace plenum::tests
