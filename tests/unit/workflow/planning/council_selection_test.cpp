#include "server/workflow/planning/council_selection.h"

#include <doctest/doctest.h>

#include "tests/support/process/temp_dir.h"

namespace plenum::workflow {

namespace {

Council council(std::string name, std::vector<std::string> members, std::string workflow = {}) {
  Council council;
  council.name = std::move(name);
  council.settings.members = std::move(members);
  council.settings.workflow = std::move(workflow);
  council.settings.chairman = "chair";
  council.judge = "judge";
  return council;
}

const Catalog& built_in() {
  static const Catalog catalog = Catalog::built_in().value();
  return catalog;
}

tl::expected<TaskSpec, ValidationError> selected(TaskSpec task, const std::vector<Council>& councils,
                                                 const Catalog& catalog = built_in()) {
  static const std::string default_workflow = "consensus";
  return with_council(std::move(task), {catalog, councils, default_workflow});
}

TaskSpec task_of(std::string council, std::string workflow = {}) {
  TaskSpec task;
  task.task = "t";
  task.council = std::move(council);
  task.workflow = std::move(workflow);
  return task;
}

}  // namespace

TEST_CASE("the council that a task names fills its members and its workflow") {
  const auto task = selected(task_of("review", "auto"), {council("review", {"a/1", "b/2"}, "council")});
  REQUIRE(task);
  CHECK(task->members == std::vector<std::string>{"a/1", "b/2"});
  CHECK(task->workflow == "council");
  CHECK(task->chairman == "chair");
  CHECK(selected(task_of("review", "debate"), {council("review", {"a/1"}, "council")})->workflow == "debate");
  CHECK(selected(task_of("review", "auto"), {council("review", {"a/1"})})->workflow == "auto");
}

TEST_CASE("the judge of a council judges a proposal or a program, its chairman merges answers") {
  const std::vector<Council> councils{council("review", {"a/1", "b/2"})};
  for (const auto* workflow : {"adversarial", "consensus", ""}) {
    CAPTURE(workflow);
    CHECK(selected(task_of("review", workflow), councils)->chairman == "judge");
  }
  for (const auto* workflow : {"council", "synthesize", "debate", "arena", "duo", "auto"}) {
    CAPTURE(workflow);
    CHECK(selected(task_of("review", workflow), councils)->chairman == "chair");
  }
}

TEST_CASE("a workflow ignores what it does not have: a chairman, roles and steps of parameters") {
  auto review = council("review", {"a/1"});
  review.settings.parameters.roles["chairman"].seed = 1;
  review.settings.parameters.steps["ranking"].seed = 2;
  const auto raw = selected(task_of("review", "raw"), {review});
  CHECK(raw->chairman.empty());
  CHECK(raw->parameters.empty());
  const auto ranked = selected(task_of("review", "council"), {review});
  CHECK(ranked->parameters.roles.at("chairman").seed == 1);
  CHECK(ranked->parameters.steps.at("ranking").seed == 2);
}

TEST_CASE("the council `default` is used by a task that names neither a council nor members") {
  const std::vector<Council> councils{council("default", {"a/1"}), council("review", {"b/2"})};
  CHECK(selected(task_of(""), councils)->council == "default");
  CHECK(selected(task_of(""), {councils[1]})->members.empty());
  auto with_members = task_of("");
  with_members.members = {"c/3"};
  CHECK(selected(with_members, councils)->council.empty());
  CHECK(selected(task_of("review"), councils)->members == std::vector<std::string>{"b/2"});
}

TEST_CASE("an unknown council is an error that lists the known ones") {
  const auto unknown = selected(task_of("revue"), {council("review", {"a/1"}), council("default", {"a/1"})});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().pointer == "/council");
  CHECK(unknown.error().detail == "unknown council \"revue\" (did you mean review?); known councils: default, review");
  CHECK(selected(task_of("revue"), {}).error().detail ==
        "unknown council \"revue\": none is defined; add [councils.revue] to the configuration");
}

TEST_CASE("a council of a workflow file precedes the configured one, for tasks of this workflow") {
  const tests::TempDir directory;
  directory.write("own.toml", R"(
name = "own"
description = "One step."
roles = ["member"]
answer = "{{answer}}"
[councils.review]
members = ["file/1"]
[[steps]]
id = "answer"
agent = "Member"
stage = "answer"
prompt = "{{task}}"
)");
  const auto catalog = Catalog::with_directory(directory.path().string());
  REQUIRE(catalog);
  const std::vector<Council> councils{council("review", {"configured/1"})};
  CHECK(selected(task_of("review", "own"), councils, *catalog)->members == std::vector<std::string>{"file/1"});
  CHECK(selected(task_of("review", "raw"), councils, *catalog)->members == std::vector<std::string>{"configured/1"});
}

TEST_CASE("errors in settings of the council point to the council, those of the request to their field") {
  auto requested = task_of("review");
  requested.parameters.common.seed = 1;
  const auto resolved = selected(requested, {council("review", {"a/1"})});
  REQUIRE(resolved);
  std::vector<ValidationError> faults{{"/members/0", "unknown provider"}, {"/parameters/roles/x", "no such role"}};
  attribute_to_council(faults, requested, *resolved);
  CHECK(faults[0].pointer == "/council");
  CHECK(faults[0].detail == "council \"review\", members/0: unknown provider");
  CHECK(faults[1].pointer == "/parameters/roles/x");
}

}  // namespace plenum::workflow
