// The workflow `consensus` from the first stage to the last.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

using Names = std::vector<std::string>;

// Total and numbers as a reader sees them go by; what is wrong with them, or "".
std::string numbering_fault(const std::vector<Frame>& frames) {
  int total = 0, last_number = 0;
  for (const Frame& frame : frames) {
    Json event = frame.json();
    if (frame.event == "task_progress") {
      int now = event["total_chunks"].get<int>();
      if (total != 0 && now > total) return "the total grows to " + std::to_string(now) + " at " + frame.id;
      total = now;
      if (event["completed"].get<int>() > total) return "more completed than there are at " + frame.id;
    }
    if (frame.event == "chunk_started" && event["chunk_number"].get<int>() != ++last_number)
      return "a number is missing at " + frame.id;
    if (event.contains("chunk_number") && event["chunk_number"].get<int>() > total)
      return "a number passes the total at " + frame.id;
  }
  return "";
}

}  // namespace

TEST_CASE("consensus goes from Architect to Documenter and refines what the review found") {
  World world;
  script_consensus(world.upstream);
  std::vector<Frame> frames = world.whole_stream(world.submit("consensus", "Build a login."));
  CHECK(agents_started(frames) == Names{"Architect", "Coder", "Reviewer", "Refiner", "Reviewer", "Documenter"});
  CHECK(broken_rule(frames) == "");
  CHECK(numbering_fault(frames) == "");
  Json progress = events_named(frames, "task_progress").back();
  CHECK(progress["total_chunks"] == 6);
  CHECK(progress["completed"] == 6);
  CHECK(progress["pending"] == Json::array());
  Json result = frames.back().json()["result"];
  CHECK(result["answer"].get<std::string>().find(consensus::bare_refined) != std::string::npos);
  CHECK(result["answer"].get<std::string>().find("Call login with the hash") != std::string::npos);
  CHECK(result["answers"].size() == 6);
  CHECK(result["receipts"].size() == 6);
  CHECK(result["review"]["issues_found"] == false);
}

TEST_CASE("every stage of consensus streams its own text") {
  World world;
  script_consensus(world.upstream);
  std::vector<Frame> frames = world.whole_stream(world.submit("consensus"));
  std::map<std::string, std::string> text_of;
  for (const Json& event : events_named(frames, "token_stream")) {
    text_of[event["chunk"].get<std::string>()] += event["tokens"].get<std::string>();
  }
  std::vector<Json> completed = events_named(frames, "chunk_completed");
  REQUIRE(completed.size() == 6);
  for (const Json& event : completed) CHECK(text_of[event["chunk"].get<std::string>()] == event["output"]);
  CHECK(text_of.size() == 6);
  CHECK(completed[3]["output"] == consensus::refined_code);
}

TEST_CASE("the prompt of each stage of consensus contains the earlier results and the context") {
  World world;
  script_consensus(world.upstream);
  world.whole_stream(world.submit("consensus", "Build a login.", R"("context":{"tenant":"blue-whale-17"})"));
  REQUIRE(world.upstream.request_count() == 6);
  auto prompt_has = [&](std::size_t stage, std::string_view text) {
    return world.upstream.request(stage).prompt().find(text) != std::string::npos;
  };
  for (std::size_t stage = 0; stage < 6; ++stage) CHECK_MESSAGE(prompt_has(stage, "Build a login."), "stage " << stage);
  CHECK(prompt_has(0, "blue-whale-17"));
  CHECK(prompt_has(1, "blue-whale-17"));
  CHECK(prompt_has(1, "a token service and a store"));
  CHECK(prompt_has(2, consensus::bare_code));
  CHECK(prompt_has(3, consensus::bare_code));
  CHECK(prompt_has(3, "login never checks the password"));
  CHECK(prompt_has(4, consensus::bare_refined));
  CHECK_FALSE(prompt_has(4, consensus::bare_code));
  CHECK(prompt_has(5, consensus::bare_refined));
}

TEST_CASE("a review without issues drops the Refiner") {
  World world;
  using namespace consensus;
  for (const char* answer : {architecture, code, good_review, documentation}) world.upstream.next(whole_answer(answer));
  std::vector<Frame> frames = world.whole_stream(world.submit("consensus"));
  CHECK(agents_started(frames) == Names{"Architect", "Coder", "Reviewer", "Documenter"});
  CHECK(numbering_fault(frames) == "");
  CHECK(events_named(frames, "task_progress").back()["total_chunks"] == 4);
}

TEST_CASE("a review that always finds something is refined three times and no more") {
  World world;
  world.upstream.always(whole_answer(consensus::bad_review));
  std::vector<Frame> frames = world.whole_stream(world.submit("consensus"));
  std::vector<std::string> agents = agents_started(frames);
  CHECK(std::count(agents.begin(), agents.end(), "Refiner") == 3);
  CHECK(agents.back() == "Documenter");
  CHECK(numbering_fault(frames) == "");
  CHECK(frames.back().event == "task_completed");
}

TEST_CASE("with several members the roles of consensus are spread over them") {
  World world;
  script_consensus(world.upstream);
  std::vector<Frame> frames =
      world.whole_stream(world.submit("consensus", "task", R"("members":["bench/m1","bench/m2"])"));
  std::set<std::string> members;
  for (const Json& event : events_named(frames, "chunk_started")) members.insert(event["member"].get<std::string>());
  CHECK(members == std::set<std::string>{"bench/m1", "bench/m2"});
}

}  // namespace plenum::tests
