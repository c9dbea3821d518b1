#include "server/workflow/run/run.h"

#include <doctest/doctest.h>

#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

constexpr std::string_view one_step = R"(name = "one"
description = "d"
roles = ["r"]
answer = "{{answer}}"
[[steps]]
id = "answer"
agent = "Member"
stage = "answer"
description = "answers"
system = "Be kind."
prompt = "{{task}}{{#context}} with {{context}}{{/context}}"
parameters = { temperature = 0.5, max_tokens = 9 }
)";

std::shared_ptr<const workflow::Workflow> consensus() { return workflow::Catalog::built_in()->find("consensus"); }

const std::string bad_review = R"({"issues_found": true, "critical_issues": ["no check"]})";
const std::string good_review = R"({"issues_found": false, "code_quality_score": 9})";

}  // namespace

TEST_CASE_FIXTURE(RunFixture, "a run of one step emits all its events in order") {
  begin(one_step);
  CHECK(providers.newest().provider == "a");
  providers.newest().reasoning("hm");
  providers.newest().text("Hel");
  providers.newest().text("lo");
  providers.newest().end_well();
  turn();
  CHECK(sink.lines() == Lines{"task_started", "task_progress 0/1", "chunk_started answer:a/m1",
                              "token_stream answer:a/m1 thinks hm", "token_stream answer:a/m1 Hel",
                              "token_stream answer:a/m1 lo", "chunk_completed answer:a/m1 ok", "task_progress 1/1",
                              "task_completed"});
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "Hello");
  CHECK(result.workflow == "one");
  CHECK_FALSE(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "the end is reported once, in a later iteration than the terminal event") {
  begin(one_step);
  providers.newest().answer("x");
  CHECK(finished_calls == 0);
  turn();
  CHECK(run->finished());
  turn();
  turn();
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(RunFixture, "the model gets system text, prompt and settings of the step") {
  TaskSpec spec = a_task();
  spec.context_json = R"({"language":"C++"})";
  begin(load(one_step), spec);
  const core::ChatRequest& request = providers.newest().request;
  CHECK(request.model == "m1");
  CHECK(request.parameters.temperature == 0.5);
  CHECK(request.parameters.max_tokens == 9);
  REQUIRE(request.messages.size() == 2);
  CHECK(request.messages[0].content == "Be kind.");
  CHECK(request.messages[1].content == "Say hello with {\n  \"language\": \"C++\"\n}");
}

TEST_CASE_FIXTURE(RunFixture, "an empty context has no effect on the prompt") {
  begin(one_step);
  CHECK(providers.newest().user_prompt() == "Say hello");
}

TEST_CASE_FIXTURE(RunFixture, "a finished chunk can be checked by its reader") {
  begin(one_step);
  clock.advance(milliseconds(40));
  providers.newest().text("grü");
  clock.advance(milliseconds(60));
  providers.newest().text("ß");
  Usage usage;
  usage.completion_tokens = 2;
  providers.newest().end_well(usage, {0.25, CostOrigin::reported});
  const auto& completed = sink.last<ChunkCompleted>();
  CHECK(completed.output == "grüß");
  CHECK(completed.chars == 4);
  CHECK(completed.sha256 == "0be03191333143d96baa686cb1084f775f1d73d7d580b35367694594f4904c48");
  CHECK(completed.ttft_ms == 40);
  CHECK(completed.latency_ms == 100);
  CHECK(completed.finish_reason == "stop");
  const auto& progress = sink.last<TaskProgress>();
  CHECK(progress.elapsed_ms == 100);
  CHECK(progress.fastest == "answer:a/m1");
  CHECK(progress.fastest_latency_ms == 100);
  CHECK(progress.pending.empty());
  CHECK(progress.completed_chunks == Lines{"answer:a/m1"});
}

TEST_CASE_FIXTURE(RunFixture, "events of a chunk name who speaks") {
  begin(consensus(), a_task(), 2);
  answer(0, "The design");
  const EventSource& source = *sink.events.back().source;
  CHECK(source == EventSource{"coder:b/m2", 2, "Coder", "implementation", "b/m2", "m2", 1});
  CHECK(sink.last<TaskStarted>().members == std::vector<MemberRef>{{"a/m1", "m1"}, {"b/m2", "m2"}});
  CHECK(sink.last<TaskStarted>().trace_id == "trace");
  CHECK(sink.last<ChunkStarted>().description == "Writes the code");
}

TEST_CASE_FIXTURE(RunFixture, "consensus fixes while the review finds issues, and numbers stay within the total") {
  TaskSpec spec = a_task();
  spec.context_json = R"({"language":"Zig"})";
  begin(consensus(), spec, 2);
  answer(0, "The design");
  answer(1, "Sure:\n```\nversion one\n```");
  answer(2, bad_review);
  answer(3, "```\nversion two\n```");
  answer(4, good_review);
  answer(5, "How to use it");
  CHECK(sink.lines_of(EventType::chunk_completed) ==
        Lines{"chunk_completed architect:a/m1 ok", "chunk_completed coder:b/m2 ok", "chunk_completed review:a/m1 ok",
              "chunk_completed refine-1:b/m2 ok", "chunk_completed review-1:a/m1 ok",
              "chunk_completed documenter:b/m2 ok"});
  CHECK(sink.lines_of(EventType::task_progress) ==
        Lines{"task_progress 0/10", "task_progress 1/10", "task_progress 2/10", "task_progress 3/10",
              "task_progress 4/10", "task_progress 5/6", "task_progress 6/6"});
  int number = 0;
  for (const Event& event : sink.events) {
    if (event.type() == EventType::chunk_started) CHECK(event.source->chunk_number == ++number);
  }
  CHECK(sink.lines().back() == "task_completed");
}

TEST_CASE_FIXTURE(RunFixture, "each step sees the latest outputs of the steps before it") {
  TaskSpec spec = a_task();
  spec.context_json = R"({"language":"Zig"})";
  begin(consensus(), spec);
  answer(0, "The design");
  answer(1, "```\nversion one\n```");
  answer(2, bad_review);
  answer(3, "```\nversion two\n```");
  answer(4, good_review);
  const auto shows = [&](std::size_t call, std::string_view text) {
    return providers.call(call).user_prompt().find(text) != std::string::npos;
  };
  for (std::size_t call = 0; call < 6; ++call) CHECK(shows(call, "Zig"));
  CHECK(shows(1, "The design"));
  CHECK(shows(2, "version one"));
  CHECK(shows(3, "version one"));
  CHECK(shows(3, "no check"));
  CHECK(shows(4, "version two"));
  CHECK_FALSE(shows(4, "version one"));
  CHECK(shows(5, "version two"));
  CHECK(shows(5, "Score: 9 of 10"));
}

TEST_CASE_FIXTURE(RunFixture, "the result of consensus holds documentation, final code and the last review") {
  begin(consensus());
  answer(0, "The design");
  answer(1, "```\nint x;\n```");
  answer(2, good_review);
  answer(3, "How to use it");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "How to use it\n\n## Code\n\n**main.txt**\n\n```\nint x;\n```\n");
  CHECK(result.files == std::vector<ResultFile>{{"main.txt", "", "int x;"}});
  CHECK(result.review_json.find("\"code_quality_score\":9") != std::string::npos);
  CHECK(result.answers.size() == 4);
  CHECK(result.answers[1].agent == "Coder");
  CHECK(result.answers[1].text == "```\nint x;\n```");
  CHECK(result.receipts.size() == 4);
  CHECK(result.receipts[1].provider == "a");
}

TEST_CASE_FIXTURE(RunFixture, "the number of rounds can be lowered to none") {
  begin(consensus(), a_task(), 1, 0);
  answer(0, "The design");
  answer(1, "code");
  answer(2, bad_review);
  CHECK(sink.lines().back() == "chunk_started documenter:a/m1");
  CHECK(sink.lines_of(EventType::task_progress).front() == "task_progress 0/4");
}

TEST_CASE_FIXTURE(RunFixture, "a task without a program gets its answer, without code or a heading for it") {
  begin(consensus());
  answer(0, "An outline");
  answer(1, "Paris.");
  answer(2, good_review);
  CHECK(providers.call(3).user_prompt().find("The final answer to the task") != std::string::npos);
  answer(3, "It is Paris.");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "It is Paris.\n");
  CHECK(result.files.empty());
}

TEST_CASE_FIXTURE(RunFixture,
                  "the most specific value of a parameter is sent: step, role, member, task, file, provider") {
  constexpr std::string_view file = R"(name = "p"
description = "d"
roles = ["r"]
answer = "{{answer}}"
[parameters]
temperature = 0.1
top_p = 0.1
seed = 1
[parameters.roles.r]
top_p = 0.2
[[steps]]
id = "answer"
agent = "Member"
stage = "answer"
prompt = "x"
parameters = { seed = 3 }
)";
  parameters.common.temperature = 0.5;
  parameters.members["a/m1"].max_tokens = 7;
  parameters.roles["r"].stop = std::vector<std::string>{"END"};
  parameters.steps["answer"].reasoning_effort = "low";
  begin(load(file));
  const ModelParameters& sent = providers.call(0).request.parameters;
  CHECK(sent.temperature == 0.5);  // of the task, over that of the file
  CHECK(sent.top_p == 0.2);
  CHECK(sent.seed == 3);
  CHECK(sent.max_tokens == 7);
  CHECK(sent.stop == std::vector<std::string>{"END"});
  CHECK(sent.reasoning_effort == "low");
}

TEST_CASE_FIXTURE(RunFixture, "an answer truncated at the token limit is reported") {
  begin(one_step);
  providers.newest().text("half");
  providers.newest().end_well({}, {}, "length");
  turn();
  CHECK(sink.last<SystemMessage>().code == "continuation");
  providers.newest().text(" and a quarter");
  providers.newest().end_well({}, {}, "length");
  turn();
  CHECK(sink.last<SystemMessage>().code == "output_truncated");
  CHECK(sink.lines().back() == "task_completed");
}

TEST_CASE_FIXTURE(RunFixture, "an answer that may be incomplete is used, and degrades the result with the reason") {
  begin(one_step);
  providers.newest().text("all of it?");
  providers.newest().end_with_warning("the provider ended the answer with the unknown finish reason \"budget_gone\"");
  turn();
  const auto completed = sink.last<ChunkCompleted>();
  CHECK(completed.status == ChunkStatus::ok);
  REQUIRE(completed.error);
  CHECK(completed.error->code == "truncated");
  const auto result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "all of it?");
  CHECK(result.degraded);
  CHECK(result.reasons.front().find("budget_gone") != std::string::npos);
}

TEST_CASE_FIXTURE(RunFixture, "usage and cost are summed, and an unknown cost makes the sum unknown") {
  begin(consensus());
  Usage usage;
  usage.total_tokens = 10;
  for (const bool priced : {true, true, true, false}) {
    providers.newest().text(good_review);
    providers.newest().end_well(usage, priced ? Cost{0.5, CostOrigin::reported} : Cost{});
    turn();
  }
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.usage.total_tokens == 40);
  CHECK_FALSE(result.cost.usd);
  CHECK(result.cost.origin == CostOrigin::unknown);
}

TEST_CASE_FIXTURE(RunFixture, "a call that reports no usage makes the sum unknown, and its own receipt alone") {
  begin(consensus());
  Usage usage;
  usage.total_tokens = 10;
  for (const bool reported : {true, false, true, false}) {
    providers.newest().text(good_review);
    providers.newest().end_well(reported ? usage : Usage{}, {});
    turn();
  }
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.usage.known());
  CHECK(result.receipts[0].usage.total_tokens == 10);
}

TEST_CASE_FIXTURE(RunFixture, "steps that do not need each other run side by side") {
  begin(R"(name = "pair"
description = "d"
roles = ["r", "s"]
answer = "{{a}} {{b}}"
[[steps]]
id = "a"
agent = "A"
stage = "s"
role = "r"
prompt = "{{task}}"
[[steps]]
id = "b"
agent = "B"
stage = "s"
role = "s"
prompt = "{{task}}"
)");
  CHECK(providers.open_count() == 2);
  clock.advance(milliseconds(10));
  answer(1, "second");
  CHECK(sink.last<TaskProgress>().pending == Lines{"a:a/m1"});
  clock.advance(milliseconds(10));
  answer(0, "first");
  CHECK(sink.last<TaskCompleted>().result.answer == "first second");
  CHECK(sink.last<TaskCompleted>().result.answers[0].chunk == "a:a/m1");
  CHECK(sink.last<TaskProgress>().fastest == "b:a/m1");
}

}  // namespace plenum::tests
