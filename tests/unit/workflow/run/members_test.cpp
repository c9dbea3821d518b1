// Workflows whose steps every member runs: the built-in ones, played through.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/json/json.h"
#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

std::shared_ptr<const workflow::Workflow> built_in(const char* name) {
  return workflow::Catalog::built_in()->find(name);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(RunFixture, "raw shows every member's own answer and joins nothing") {
  begin(built_in("raw"), a_task(), 3);
  CHECK(providers.count() == 3);
  answer("answer:b/m2", "second");
  answer("answer:a/m1", "first");
  answer("answer:c/m3", "third");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "## a/m1\n\nfirst\n\n## b/m2\n\nsecond\n\n## c/m3\n\nthird\n\n");
  CHECK(result.synthesis == "");
  CHECK_FALSE(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "synthesize shows the chairman all answers and gives what it makes of them") {
  begin(built_in("synthesize"), a_task(), 2);
  answer("answer:b/m2", "two");
  CHECK(providers.count() == 2);
  answer("answer:a/m1", "one");
  const std::string& prompt = call_of("synthesis:a/m1").user_prompt();
  CHECK(label_in(prompt, "one") != label_in(prompt, "two"));
  CHECK_FALSE(has(prompt, "m1"));  // the chairman would know its own answer by the name
  answer("synthesis:a/m1", "both");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "both\n");
  CHECK(result.synthesis == "both");
  CHECK_FALSE(result.degraded);
  const Json judgment = parse_json(result.judgments_json)->at(0);
  CHECK(judgment["judge"] == "a/m1");
  CHECK(judgment["authors"] == Json::array({"a/m1", "b/m2"}));
  CHECK(judgment["own_work"] == true);
}

TEST_CASE_FIXTURE(RunFixture, "when a stage ends its sums are reported, before the next one ends") {
  begin(built_in("synthesize"), a_task(), 2);
  call_of("answer:a/m1").text("one");
  call_of("answer:a/m1").end_well({1, 2, 3, {}, {}, {}}, {0.25, CostOrigin::reported});
  turn();
  CHECK(sink.lines_of(EventType::metrics_partial).empty());
  call_of("answer:b/m2").text("two");
  call_of("answer:b/m2").end_well({1, 2, 3, {}, {}, {}}, {0.5, CostOrigin::estimated});
  turn();
  const MetricsPartial answers = sink.last<MetricsPartial>();
  CHECK(answers.stage == "answers");
  CHECK(answers.models == std::vector<std::string>{"m1", "m2"});
  CHECK(answers.tokens.total_tokens == 6);
  CHECK(answers.cost == Cost{0.75, CostOrigin::estimated});
  answer("synthesis:a/m1", "both");
  CHECK(sink.last<MetricsPartial>().stage == "synthesis");
  CHECK_FALSE(sink.last<MetricsPartial>().cost.usd);
}

TEST_CASE_FIXTURE(RunFixture, "one member's answer alone is never called a synthesis") {
  begin(built_in("synthesize"), a_task(), 2);
  answer("answer:a/m1", "one");
  fail("answer:b/m2");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(providers.count() == 2);
  CHECK(result.synthesis == "");
  CHECK(result.answer == "## a/m1\n\none\n\n");
  CHECK(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "a prompt beyond all bounds is not sent, and the answers stand by themselves") {
  begin(built_in("synthesize"), a_task(), 3);
  for (const char* chunk : {"answer:a/m1", "answer:b/m2", "answer:c/m3"}) answer(chunk, std::string(6 << 20, 'x'));
  turn();
  turn();
  CHECK(providers.count() == 3);
  CHECK(sink.last<ChunkCompleted>().error->code == "stream_limit");
  CHECK(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "with every member failing there is no answer") {
  begin(built_in("synthesize"), a_task(), 2);
  fail("answer:a/m1");
  fail("answer:b/m2");
  CHECK(sink.last<TaskError>().error.code == "no_usable_answer");
}

TEST_CASE_FIXTURE(RunFixture,
                  "when every member's key is refused that is the task's error, but not when one failed otherwise") {
  for (const bool all : {true, false}) {
    begin(built_in("synthesize"), a_task(), 2);
    const std::size_t first = providers.count() - 2;
    providers.call(first).break_off(ErrorCode::authentication, "a: no");
    providers.call(first + 1).break_off(all ? ErrorCode::authentication : ErrorCode::server, "b: no");
    turn();
    CHECK(sink.last<TaskError>().error.code == (all ? "authentication" : "no_usable_answer"));
  }
}

TEST_CASE_FIXTURE(RunFixture,
                  "in a council every answer has one label for all readers, and stands in no common order") {
  start.late = workflow::LatePolicy::wait;
  begin(built_in("council"), a_task(), 3);
  const std::vector<std::string_view> texts{"alpha text", "beta text", "gamma text"};
  answer("answer:a/m1", texts[0]);
  answer("answer:b/m2", texts[1]);
  answer("answer:c/m3", texts[2]);
  std::string labels;
  for (const auto text : texts) labels += label_in(call_of("ranking:a/m1").user_prompt(), text);
  for (const char* chunk : {"ranking:a/m1", "ranking:b/m2", "ranking:c/m3"}) {
    const std::string prompt = call_of(chunk).user_prompt();
    CHECK_FALSE(has(prompt, "a/m1"));
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(label_in(prompt, texts[i]) == labels[i]);
    answer(chunk, fmt::format("Responses {} and {} both fail; B beats A.\n\n{}", labels[0], labels[2],
                              ranking_of(chunk, {"beta text", "alpha text", "gamma text"})));
  }
  const std::string prompt = call_of("synthesis:a/m1").user_prompt();
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(label_in(prompt, texts[i]) == labels[i]);
  CHECK(has(prompt, fmt::format("1. Response {}: mean rank 1.00", labels[1])));
  // Verbatim: nothing in a model's text is rewritten.
  CHECK(has(prompt, fmt::format("Responses {} and {} both fail; B beats A.", labels[0], labels[2])));
  answer("synthesis:a/m1", "the answer");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  const Json rankings = *parse_json(result.rankings_json);
  CHECK(rankings["standings"][0]["member"] == "b/m2");
  CHECK(rankings["standings"][0]["average_rank"] == 1.0);
  CHECK(rankings["standings"][0]["label"] == std::string(1, labels[1]));
  CHECK(rankings["exclude_self"] == true);
  CHECK(rankings["reviews"][0]["ranking"] == Json::array({"b/m2", "a/m1", "c/m3"}));
  CHECK(rankings["reviews"][0]["label_order"].size() == 3);
  CHECK(result.comparisons_json ==
        R"({"models":["b/m2","a/m1","c/m3"],"reviews":[[1,[[0],[1],[2]]],[0,[[0],[1],[2]]],[2,[[0],[1],[2]]]],)"
        R"("votes":[]})");
  CHECK(result.answer == "the answer\n");
}

TEST_CASE_FIXTURE(RunFixture, "labels and the order of answers differ between tasks") {
  std::set<std::string> labels, orders;
  for (int task = 0; task < 20; ++task) {
    trace_id = fmt::format("trace {}", task);
    sink.events.clear();
    providers.forget_calls();
    begin(built_in("council"), a_task(), 2);
    answer("answer:a/m1", "alpha text");
    answer("answer:b/m2", "beta text");
    const std::string prompt = call_of("ranking:a/m1").user_prompt();
    labels.insert(std::string{label_in(prompt, "alpha text"), label_in(prompt, "beta text")});
    orders.insert(prompt.find("alpha text") < prompt.find("beta text") ? "alpha first" : "beta first");
  }
  CHECK(labels == std::set<std::string>{"AB", "BA"});
  CHECK(orders.size() == 2);
}

TEST_CASE_FIXTURE(RunFixture, "a member that gave no answer neither ranks nor is ranked") {
  begin(built_in("council"), a_task(), 3);
  answer("answer:a/m1", "alpha");
  fail("answer:b/m2");
  answer("answer:c/m3", "gamma");
  CHECK(providers.count() == 5);
  CHECK_FALSE(has(call_of("ranking:a/m1").user_prompt(), "3. Response"));
  answer("ranking:a/m1", ranking_of("ranking:a/m1", {"alpha", "gamma"}));
  answer("ranking:c/m3", "They are all fine.");
  answer("ranking:c/m3", "Again: they are fine.");
  CHECK(sink.last<SystemMessage>().code == "answer_unparseable");
  answer("synthesis:a/m1", "done");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(parse_json(result.rankings_json)->at("standings").size() == 2);
  CHECK(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "a vote counts letters and reports a tie as a tie") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 2);
  CHECK(has(call_of("vote:a/m1").user_prompt(), "A. red\n"));
  CHECK(has(call_of("vote:a/m1").user_prompt(), "B. green\n"));
  answer("vote:a/m1", "A");
  answer("vote:b/m2", "**B**");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  const Json votes = *parse_json(result.votes_json);
  CHECK(votes["tied"] == true);
  CHECK(votes["winner"] == nullptr);
  CHECK(votes["by_member"]["b/m2"] == "B");
  CHECK(result.answer == "- A. red: 1\n- B. green: 1\n");
}

TEST_CASE_FIXTURE(RunFixture, "votes are compared with the winning choice, and with none if there is a tie") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 3);
  answer("vote:a/m1", "A");
  answer("vote:b/m2", "B");
  answer("vote:c/m3", "A");
  CHECK(sink.last<TaskCompleted>().result.comparisons_json ==
        R"({"models":["a/m1","b/m2","c/m3"],"reviews":[],"votes":[[0,1],[1,0],[2,1]]})");
  sink.events.clear();
  providers.forget_calls();
  begin(built_in("vote"), a_task(), 2);
  answer("vote:a/m1", "A");
  answer("vote:b/m2", "B");
  CHECK(sink.last<TaskCompleted>().result.comparisons_json.empty());
}

TEST_CASE_FIXTURE(RunFixture, "a vote without any valid vote is no answer") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 2);
  answer("vote:a/m1", "Neither.");
  answer("vote:a/m1", "Still neither.");
  fail("vote:b/m2");
  CHECK(sink.last<TaskError>().error.code == "no_usable_answer");
}

TEST_CASE_FIXTURE(RunFixture, "debaters see their own answer separately, and a failed one is excluded for good") {
  begin(built_in("debate"), a_task(), 3, /*rounds_max=*/2);
  answer("opening:a/m1", "a0");
  answer("opening:b/m2", "b0");
  answer("opening:c/m3", "c0");
  const std::string prompt = call_of("reply-1:b/m2").user_prompt();
  CHECK(has(prompt, fmt::format("You are Model {}. Your answer so far:", label_in(prompt, "b0"))));
  CHECK(has(prompt, fmt::format("Your peer Model {}:", label_in(prompt, "a0"))));
  CHECK_FALSE(has(prompt, fmt::format("Your peer Model {}:", label_in(prompt, "b0"))));
  answer("reply-1:a/m1", "a1");
  fail("reply-1:b/m2");
  answer("reply-1:c/m3", "c1");
  CHECK_FALSE(has(call_of("reply-2:c/m3").user_prompt(), "b0"));
  answer("reply-2:a/m1", "a2");
  answer("reply-2:c/m3", "c2");
  const std::string last = call_of("synthesis:a/m1").user_prompt();
  CHECK(has(last, fmt::format("Model {}, round 2:", label_in(last, "a2"))));
  CHECK(label_in(last, "a0") == label_in(last, "a2"));
  answer("synthesis:a/m1", "end");
  CHECK(sink.last<TaskCompleted>().result.answer == "end\n");
}

TEST_CASE_FIXTURE(RunFixture, "a debate ends when the answers no longer change") {
  converge = 0.9;
  begin(built_in("debate"), a_task(), 2, /*rounds_max=*/5);
  answer("opening:a/m1", "the first answer of a");
  answer("opening:b/m2", "the first answer of b");
  answer("reply-1:a/m1", "the first answer of a");
  answer("reply-1:b/m2", "something else altogether here");
  CHECK(sink.last<TaskProgress>().pending.size() > 2);
  answer("reply-2:a/m1", "the first answer of a");
  answer("reply-2:b/m2", "something else altogether here");
  CHECK(sink.last<TaskProgress>().pending == std::vector<std::string>{"synthesis:a/m1"});
  answer("synthesis:a/m1", "end");
  CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "participants of an arena read the whole transcript in its order") {
  begin(built_in("arena"), a_task(), 2, /*rounds_max=*/1);
  answer("position:a/m1", "a0");
  answer("position:b/m2", "b0");
  answer("deliberation-1:a/m1", "a1");
  answer("deliberation-1:b/m2", "b1");
  const std::string prompt = call_of("judgment:a/m1").user_prompt();
  for (const char* opening : {"a0", "b0"}) {
    for (const char* reply : {"a1", "b1"}) CHECK(prompt.find(opening) < prompt.find(reply));
  }
  CHECK(has(prompt, "a/m1, deliberation 1:"));
}

TEST_CASE_FIXTURE(RunFixture, "critics are all but the proposer and the judge, who sees what they say") {
  begin(built_in("adversarial"), a_task(), 4);
  CHECK(providers.count() == 1);
  answer("proposal:a/m1", "idea");
  CHECK(providers.count() == 3);
  answer("critique:c/m3", "wrong");
  answer("critique:d/m4", "weak");
  const std::string prompt = call_of("verdict:b/m2").user_prompt();
  CHECK(has(prompt, "wrong"));
  CHECK(has(prompt, "weak"));
  answer("verdict:b/m2", "better");
  CHECK(sink.last<TaskCompleted>().result.answer == "better\n");
}

TEST_CASE_FIXTURE(RunFixture, "with two members the judge is the critic, because the other one is the proposer") {
  begin(built_in("adversarial"), a_task(), 2);
  answer("proposal:a/m1", "idea");
  answer("critique:b/m2", "weak");
  answer("verdict:b/m2", "better");
  CHECK(sink.last<TaskCompleted>().result.answer == "better\n");
}

TEST_CASE_FIXTURE(RunFixture, "a judge that acted as the proposer is replaced by a member that did not") {
  begin(built_in("adversarial"), a_task(), 3);
  fail("proposal:a/m1");
  turn();
  answer(1, "idea of the second");  // b/m2, the judge
  CHECK(providers.count() == 3);
  answer(2, "weak");
  CHECK(providers.call(3).request.model == "m1");
  answer(3, "better");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "better\n");
  CHECK(result.degraded);
  const Json judgments = *parse_json(result.judgments_json);
  CHECK(judgments.back()["judge"] == "a/m1");
  CHECK(judgments.back()["authors"] == Json::array({"b/m2"}));
  CHECK(judgments.back()["own_work"] == false);
}

TEST_CASE_FIXTURE(RunFixture, "a proposal without any critic left is the answer, without a verdict") {
  begin(built_in("adversarial"), a_task(), 2);
  fail("proposal:a/m1");
  turn();
  answer(1, "idea of the second");
  CHECK(providers.count() == 2);
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "idea of the second\n");
  CHECK(result.synthesis == "");
  CHECK(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "a short template that would show a long task many times is not rendered") {
  std::string file = R"(name = "bomb"
description = "d"
roles = ["r"]
answer = "{{a}}"
[[steps]]
id = "a"
agent = "A"
stage = "s"
prompt = ")";
  for (int i = 0; i < 500; ++i) file += "{{task}}";
  TaskSpec spec = a_task();
  spec.task = std::string(1 << 20, 'x');
  begin(load(file + "\"\n"), std::move(spec));
  turn();
  CHECK(providers.count() == 0);
  CHECK(sink.last<TaskError>().error.code == "stream_limit");
}

TEST_CASE_FIXTURE(
    RunFixture,
    "a step that starts at its quorum does not wait for the rest, which is cancelled when no step needs it") {
  begin(load(R"(name = "quick"
description = "d"
roles = ["chair"]
answer = "{{sum}}"
[[steps]]
id = "answer"
agent = "M"
stage = "s"
each = "members"
output = "answers"
on_error = "degrade"
prompt = "{{task}}"
[[steps]]
id = "sum"
agent = "C"
stage = "t"
inputs = ["answers"]
quorum = 2
start = "quorum"
prompt = "{{#answers}}{{text}};{{/answers}}"
)"),
        a_task(), 3);
  answer("answer:a/m1", "1");
  answer("answer:c/m3", "3");
  const std::string sum = call_of("sum:a/m1").user_prompt();
  CHECK((sum == "1;3;" || sum == "3;1;"));
  answer("sum:a/m1", "both");
  CHECK_FALSE(call_of("answer:b/m2").open());
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "both");
  CHECK(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "who is no longer waited for is no failure, even where a failure ends the task") {
  begin(load(R"(name = "quick"
description = "d"
roles = ["chair"]
answer = "{{sum}}"
[[steps]]
id = "answer"
agent = "M"
stage = "s"
each = "members"
output = "answers"
prompt = "{{task}}"
[[steps]]
id = "sum"
agent = "C"
stage = "t"
inputs = ["answers"]
quorum = 2
start = "quorum"
prompt = "{{#answers}}{{text}};{{/answers}}"
)"),
        a_task(), 3);
  answer("answer:a/m1", "1");
  answer("answer:c/m3", "3");
  answer("sum:a/m1", "both");
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "both");
  CHECK(result.degraded);
  CHECK(result.answers.at(1).status == ChunkStatus::skipped);
}

TEST_CASE(
    "a task's quorum applies to every list, limited by its size and never below two where the file requires two") {
  const auto quorums = [](std::string_view name, int requested) {
    const auto found = workflow::Catalog::built_in()->find(name);
    const std::vector<std::size_t> roles(found->roles.size(), 0);
    std::vector<int> found_quorums;
    for (const auto& step : expand_members(*found, roles, 3, {requested}).steps) {
      if (step.enabled_by != workflow::SearchMode::none || step.on_request || step.disabled) continue;
      if (std::any_of(step.inputs.begin(), step.inputs.end(), [](const auto& need) { return need.list; })) {
        found_quorums.push_back(step.quorum);
      }
    }
    return found_quorums;
  };
  CHECK(quorums("synthesize", 3) == std::vector{3});
  CHECK(quorums("synthesize", 1) == std::vector{2});
  CHECK(quorums("council", 3) == std::vector{3, 3, 3, 3});
  CHECK(quorums("council", 1) == std::vector{2, 2, 2, 2});
  CHECK(quorums("adversarial", 3) == std::vector{2});
}

}  // namespace plenum::tests
