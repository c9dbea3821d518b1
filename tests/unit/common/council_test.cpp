#include "common/protocol/council.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace plenum {

namespace {

Council council_of(std::string_view json) {
  std::vector<ValidationError> faults;
  auto council = council_from("review", parse_json(json).value(), faults);
  if (!faults.empty()) FAIL(faults.front().pointer << ": " << faults.front().detail);
  return council;
}

constexpr std::string_view full = R"({"description":"Two vendors.","workflow":"council","members":["a/1","b/2"],
  "chairman":"a/1","judge":"b/2","fallback":{"a/1":["c"]},"personas":{"poet":"You rhyme."},
  "parameters":{"max_tokens":100,"seed":1,"members":{"a/1":{"top_p":0.5}}}})";

}  // namespace

TEST_CASE("a council is written as it was read") {
  Json expected{{"name", "review"}};
  expected.update(parse_json(full).value());
  CHECK(to_json(council_of(full)) == expected);
}

TEST_CASE("every setting of a council applies to a task that has none") {
  TaskSpec task;
  apply_council(task, council_of(full), false);
  CHECK(task.members == std::vector<std::string>{"a/1", "b/2"});
  CHECK(task.chairman == "a/1");
  CHECK(task.fallback.size() == 1);
  CHECK(task.personas.size() == 1);
  CHECK(task.parameters.common.max_tokens == 100);
  CHECK(task.parameters.members.at("a/1").top_p == 0.5);
}

TEST_CASE("settings of the task precede those of its council, personas by name and parameters one by one") {
  TaskSpec task;
  task.members = {"c/3"};
  task.chairman = "c/3";
  task.personas = {{"poet", "You sing."}, {"critic", "You doubt."}};
  task.parameters.common.max_tokens = 5;
  apply_council(task, council_of(full), false);
  CHECK(task.members == std::vector<std::string>{"c/3"});
  CHECK(task.chairman == "c/3");
  CHECK(task.personas ==
        std::vector<std::pair<std::string, std::string>>{{"poet", "You sing."}, {"critic", "You doubt."}});
  CHECK(task.parameters.common.max_tokens == 5);
  CHECK(task.parameters.common.seed == 1);
}

TEST_CASE("the judge of a council replaces its chairman only where the chairman judges a text") {
  TaskSpec judged, merged, without_judge;
  apply_council(judged, council_of(full), true);
  CHECK(judged.chairman == "b/2");
  apply_council(merged, council_of(full), false);
  CHECK(merged.chairman == "a/1");
  apply_council(without_judge, council_of(R"({"members":["a/1"],"chairman":"a/1"})"), true);
  CHECK(without_judge.chairman == "a/1");
}

TEST_CASE("all errors of a council are reported with their pointers") {
  std::vector<ValidationError> faults;
  council_from("review", parse_json(R"({"members":[],"quorum":2,"parameters":{"temperature":9}})").value(), faults);
  REQUIRE(faults.size() == 3);
  CHECK(faults[0].pointer == "/members");
  CHECK(faults[1].pointer == "/quorum");
  CHECK(faults[2].pointer == "/parameters/temperature");
}

TEST_CASE("a council name is a short name of lower-case letters and digits") {
  for (const auto* name : {"review", "a", "code-review_2"}) CHECK(is_council_name(name));
  for (const auto& name : {std::string(), std::string("Review"), std::string("a b"), std::string(65, 'a')}) {
    CHECK_FALSE(is_council_name(name));
  }
}

}  // namespace plenum
