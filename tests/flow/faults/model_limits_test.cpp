// Models that reject parameters, are down behind a working gateway, or are rate-limited: workflows complete.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

Script rejection_of(const std::string& parameter) {
  return Script::answer(400, fmt::format(R"({{"error":{{"message":"Unsupported parameter: '{0}' is not supported with )"
                                         R"(this model.","type":"invalid_request_error","param":"{0}"}}}})",
                                         parameter));
}

constexpr std::string_view five_members = R"("members":["bench/m1","bench/m2","bench/m3","bench/m4","bench/m5"])";

// Every reviewer ranks what it is shown, in the order of the labels; with two dead models two labels are missing.
void script_rankings(World& world) {
  const std::string_view labels = "ABCDE";
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = 0; b < 5; ++b) {
      for (std::size_t c = 0; c < 5; ++c) {
        if (a == b || b == c || a == c) continue;
        const std::string form = fmt::format("FINAL RANKING:\\n1. Response {}\\n2. Response {}\\n3. Response {}",
                                             labels[a], labels[b], labels[c]);
        std::string ranking = form;
        for (std::size_t at = 0; (at = ranking.find("\\n", at)) != std::string::npos;) ranking.replace(at, 2, "\n");
        world.upstream.on({.body_has = form + "\""}, whole_answer(ranking));
      }
    }
  }
}

}  // namespace

TEST_CASE("a parameter that a model rejects costs one further call, and none in later calls") {
  World world;
  world.upstream.on({.body_has = "\"temperature\":"}, rejection_of("temperature"));
  world.upstream.always(whole_answer("An answer."));
  constexpr std::string_view fields = R"("members":["bench/m1","bench/m2"],"parameters":{"temperature":0.5})";
  for (const std::string workflow : {"synthesize", "debate", "adversarial", "duo"}) {
    CAPTURE(workflow);
    const Json last = world.whole_stream(world.submit(workflow, "Which?", fields)).back().json();
    CHECK(last["type"] == "task_completed");
    CHECK(last["result"]["degraded"] == false);
  }
  int rejected = 0;
  for (std::size_t i = 0; i < world.upstream.request_count(); ++i) {
    rejected += world.upstream.request(i).body.find("\"temperature\":") != std::string::npos ? 1 : 0;
  }
  CHECK(rejected == 2);  // one for each model
}

TEST_CASE("two dead models behind one key do not stop the other three of a council") {
  World world;
  for (const char* dead : {"m4", "m5"}) {
    world.upstream.on({.model = dead}, Script::answer(503, R"({"error":{"message":"down"}})"));
  }
  script_rankings(world);
  world.upstream.always(whole_answer("An answer."));
  const Json result = world.whole_stream(world.submit("council", "Which?", five_members)).back().json()["result"];
  CHECK(result["rankings"]["reviews"].size() == 3);
  CHECK(result["rankings"]["standings"].size() == 3);
  CHECK(result["synthesis"] == "An answer.");
  CHECK(result["degraded"] == true);
  for (const Json& reason : result["reasons"]) {
    CHECK(reason.get<std::string>().find("failed 3 times") != std::string::npos);
  }
}

}  // namespace plenum::tests
