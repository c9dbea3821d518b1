// Images and PDF of a task: they go where its context goes, and a member that does not accept them is reported.
#include "server/workflow/catalog/catalog.h"
#include "server/workflow/planning/task_attachments.h"
#include "server/workflow/run/state/budget.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

TaskSpec task_with_picture() {
  TaskSpec spec = RunFixture::a_task();
  spec.context_json = R"({"attachments":[{"name":"p.png","media_type":"image/png","data":"iVBORw0KGgo="}]})";
  return spec;
}

const core::Attachments& attached(ScriptedProviders::Call& call) { return call.request.messages.back().attachments; }

}  // namespace

TEST_CASE_FIXTURE(RunFixture, "every step that shows the context sends the files, once, with the task") {
  begin(workflow::Catalog::built_in()->find("council"), task_with_picture(), 2);
  answer("answer:a/m1", "A.");
  answer("answer:b/m2", "B.");
  answer("ranking:a/m1", ranking_of("ranking:a/m1", {"A.", "B."}));
  answer("ranking:b/m2", ranking_of("ranking:b/m2", {"A.", "B."}));
  CHECK(providers.count() == 5);
  for (std::size_t i = 0; i < providers.count(); ++i) {
    REQUIRE(attached(providers.call(i)) != nullptr);
    CHECK(attached(providers.call(i))->front().name == "p.png");
    // The same megabytes for all.
    CHECK(attached(providers.call(i)) == attached(providers.call(0)));
    CHECK(providers.call(i).user_prompt().find("iVBOR") == std::string::npos);
    CHECK(providers.call(i).user_prompt().find("Attached: p.png") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(RunFixture, "a step that does not show the context gets no files") {
  TaskSpec spec = task_with_picture();
  begin(load(R"(name = "w"
description = "d"
roles = ["r"]
answer = "{{b}}"
[[steps]]
id = "a"
agent = "A"
stage = "s"
prompt = "{{#context}}With it: {{/context}}{{task}}"
[[steps]]
id = "b"
agent = "B"
stage = "s"
inputs = ["a"]
prompt = "{{task}} {{a}}"
)"),
        spec);
  CHECK(attached(providers.newest()) != nullptr);
  answer("a:a/m1", "x");
  CHECK(attached(providers.newest()) == nullptr);
}

TEST_CASE_FIXTURE(RunFixture, "a continuation sends the files again with the message that had them") {
  begin(workflow::Catalog::built_in()->find("single"), task_with_picture());
  call_of("answer:a/m1").text("one, tw");
  call_of("answer:a/m1").end_well({}, {}, "length");
  turn();
  const auto& messages = call_of("answer:a/m1").request.messages;
  CHECK(messages.back().attachments == nullptr);
  CHECK(messages.at(messages.size() - 3).attachments != nullptr);
}

TEST_CASE_FIXTURE(RunFixture, "an answer without the files is a warning, and the result is degraded") {
  begin(workflow::Catalog::built_in()->find("single"), task_with_picture());
  call_of("answer:a/m1").text("I see nothing.");
  call_of("answer:a/m1").end_without({"p.png"});
  turn();
  const auto& warning = sink.last<SystemMessage>();
  CHECK(warning.code == "attachments_omitted");
  CHECK(warning.level == "warning");
  CHECK(warning.message == "a/m1 does not accept p.png; it answered without.");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  CHECK(result.reasons == std::vector<std::string>{"Member (answer:a/m1): a/m1 does not accept p.png"});
  CHECK(sink.last<ChunkCompleted>().omitted_attachments == std::vector<std::string>{"p.png"});
}

TEST_CASE("the cost limit counts the estimated tokens of attachments") {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, "x"}};
  request.parameters.max_tokens = 1;
  core::ModelPrice price;
  price.input = 1;
  const double before = workflow::price_of_call(price, request).input;
  request.messages.back().attachments = workflow::attachments_of(task_with_picture().context_json);
  CHECK(workflow::price_of_call(price, request).input - before == doctest::Approx(workflow::image_tokens / 1e6));
}

}  // namespace plenum::tests
