// Verdicts and readiness in whole runs: `synthesize` with a verdict, `elite`, and workflow files that use the same
// keys.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

std::shared_ptr<const workflow::Workflow> workflow_named(const char* name) {
  return workflow::Catalog::built_in()->find(name);
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Of these texts the first ones are for yes and the last one for no, under the letters that the prompt gives them.
std::string verdict_on(const std::string& prompt, const std::vector<std::string_view>& texts) {
  Json votes = Json::array(), yes = Json::array();
  for (const auto text : texts) {
    const std::string letter(1, RunFixture::label_in(prompt, text));
    const bool is_last = text == texts.back();
    votes.push_back(Json{{"member", letter}, {"position_label", is_last ? "no" : "yes"}, {"confidence", "high"}});
    if (!is_last) yes.push_back(letter);
  }
  const Json no{{"label", "no"}, {"summary", "It fails."}, {"members", Json::array()}, {"evidence", Json::array()}};
  return dump_json(
      Json{{"positions", Json::array({Json{{"label", "yes"}, {"summary", "It works."}, {"members", yes}}, no})},
           {"conflicts", Json::array({Json{{"topic", "whether"}, {"position_labels", Json::array({"yes", "no"})}}})},
           {"votes", votes},
           {"consensus_score", 0.99},
           {"type", "decision"},
           {"headline", "Yes"},
           {"recommendation", "Do it."}});
}

struct EliteFixture : RunFixture {
  void begin_elite(std::size_t members = 3) { begin(workflow_named("elite"), a_task(), members); }
  // All of one phase; the members after `succeed` fail.
  void play(const std::string& step, std::size_t succeed = 3) {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string chunk = step + ":" + member_number(i).id;
      i < succeed ? answer(chunk, fmt::format("{} of {}", step, i + 1)) : fail(chunk);
    }
  }
  void play_phases() {
    for (const char* step : {"answer", "audit", "revise"}) play(step);
  }
  const TaskResult& result() const { return sink.last<TaskCompleted>().result; }
  Json readiness() const { return *parse_json(result().readiness_json); }
};

const std::vector<std::string_view> revisions = {"revise of 1", "revise of 2", "revise of 3"};

}  // namespace

TEST_CASE_FIXTURE(EliteFixture, "elite answers, audits, revises, and states a verdict besides its synthesis") {
  begin_elite();
  play("answer");
  const std::string audit = call_of("audit:b/m2").user_prompt();
  for (const auto text : {"answer of 1", "answer of 2", "answer of 3"}) CHECK(contains(audit, text));
  CHECK_FALSE(contains(audit, "m1"));  // the answers stand without names
  play("audit");
  const std::string revise = call_of("revise:b/m2").user_prompt();
  CHECK(contains(revise, "audit of 3"));
  CHECK(label_in(revise, "answer of 3") == label_in(audit, "answer of 3"));
  CHECK(contains(revise, fmt::format("Response {}, your own:", label_in(revise, "answer of 2"))));
  play("revise");
  CHECK(providers.count() == 11);  // 3n + 2
  const std::string prompt = call_of("verdict:a/m1").user_prompt();
  CHECK_FALSE(contains(prompt, "answer of 1"));
  answer("verdict:a/m1", verdict_on(prompt, revisions));
  answer("synthesis:a/m1", "the answer");
  CHECK(result().answer == "the answer\n");
  CHECK(readiness() == Json{{"status", "ready"}, {"reasons", Json::array()}});
  CHECK_FALSE(result().degraded);
  CHECK(result().verdict_absent_reason == "");
  const Json stated = *parse_json(result().verdict_json);
  CHECK(stated["consensus"]["score"] == 0.6667);
  CHECK(stated["consensus"]["label"] == "majority");
  CHECK(stated["conflicts"][0]["consensus"]["score"] == 0.6667);
  CHECK(stated["votes"].size() == 3);
  CHECK(stated["votes"][2]["member"] == "c/m3");
  CHECK(stated["positions"][0]["members"] == Json::array({"a/m1", "b/m2"}));
  CHECK(stated["positions"][1]["members"] == Json::array({"c/m3"}));
}

TEST_CASE_FIXTURE(EliteFixture, "a phase of elite with fewer than three members ends the run, which is not ready") {
  const std::vector<std::string> steps = {"answer", "audit", "revise"}, stages = {"answers", "audits", "revisions"};
  for (std::size_t failing = 0; failing < steps.size(); ++failing) {
    CAPTURE(steps[failing]);
    begin_elite();
    const std::size_t calls_before = providers.count() - 3;
    for (std::size_t i = 0; i <= failing; ++i) play(steps[i], i == failing ? 2 : 3);
    CHECK(providers.count() - calls_before == 3 * (failing + 1));
    CHECK(readiness()["status"] == "not_ready");
    CHECK(readiness()["reasons"] == Json::array({fmt::format("phase.{}.quorum_not_met", stages[failing])}));
    CHECK(result().degraded);
    CHECK(contains(result().reasons.back(),
                   fmt::format("2 of 3 required members completed the stage \"{}\"", stages[failing])));
    CHECK(result().synthesis == "");
    CHECK(result().verdict_json == "");
    CHECK(result().verdict_absent_reason == (failing == 1 ? "not_reached" : "too_few_answers"));
  }
}

TEST_CASE_FIXTURE(EliteFixture, "with four members elite is ready although one of them fails in every phase") {
  begin_elite(4);
  fail("answer:d/m4");
  play_phases();
  answer("verdict:a/m1", verdict_on(call_of("verdict:a/m1").user_prompt(), revisions));
  answer("synthesis:a/m1", "the answer");
  CHECK(readiness()["status"] == "ready");
  CHECK(result().degraded);  // without the fourth member
}

TEST_CASE_FIXTURE(EliteFixture, "elite without a synthesis is not ready") {
  begin_elite();
  play_phases();
  answer("verdict:a/m1", verdict_on(call_of("verdict:a/m1").user_prompt(), revisions));
  fail("synthesis:a/m1");
  CHECK(readiness() == Json{{"status", "not_ready"}, {"reasons", Json::array({"synthesis.failed"})}});
  CHECK(result().verdict_json != "");
}

TEST_CASE_FIXTURE(EliteFixture, "elite with an answer but without a verdict is indeterminate, for a stated reason") {
  const struct {
    std::string reply, reason;
  } cases[] = {
      {R"({"type": "open_ended", "headline": "A poem"})", "open_ended"}, {"Hm.", "unreadable"}, {"", "call_failed"}};
  for (const auto& [reply, reason] : cases) {
    CAPTURE(reason);
    begin_elite();
    play_phases();
    answer("synthesis:a/m1", "the answer");
    reply.empty() ? fail("verdict:a/m1") : answer("verdict:a/m1", reply);
    if (reason == "unreadable") answer("verdict:a/m1", "Hm again.");
    CHECK(readiness() == Json{{"status", "indeterminate"}, {"reasons", Json::array({"verdict." + reason})}});
    CHECK(result().verdict_absent_reason == reason);
    CHECK(result().verdict_json == "");
    CHECK(result().answer == "the answer\n");
    CHECK(result().degraded);  // the exit code of the client is not 0
  }
  verdict = false;
  begin_elite();
  play_phases();
  answer("synthesis:a/m1", "the answer");
  CHECK(readiness()["reasons"] == Json::array({"verdict.disabled"}));
}

TEST_CASE_FIXTURE(EliteFixture, "a run that is cancelled between its phases is not ready") {
  begin_elite();
  play("answer");
  run->cancel("client", "");
  turn();
  const TaskResult& cut = sink.last<TaskCancelled>().result;
  CHECK(parse_json(cut.readiness_json)->at("reasons") == Json::array({"phase.audits.quorum_not_met"}));
  CHECK(cut.verdict_absent_reason == "not_reached");
}

TEST_CASE_FIXTURE(RunFixture, "synthesize states a verdict only for a task that requests it") {
  begin(workflow_named("synthesize"), a_task(), 2);
  answer("answer:a/m1", "one");
  answer("answer:b/m2", "two");
  CHECK(providers.count() == 3);
  answer("synthesis:a/m1", "both");
  CHECK(sink.last<TaskCompleted>().result.verdict_absent_reason == "disabled");
  CHECK(sink.last<TaskCompleted>().result.readiness_json == "");
  CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "the verdict runs beside the synthesis, whose call starts first") {
  verdict = true;
  begin(workflow_named("synthesize"), a_task(), 2);
  answer("answer:a/m1", "one");
  answer("answer:b/m2", "two");
  REQUIRE(providers.count() == 4);
  CHECK(providers.call(2).user_prompt() == call_of("synthesis:a/m1").user_prompt());
  const std::string prompt = call_of("verdict:a/m1").user_prompt();
  CHECK_FALSE(contains(prompt, "m1"));
  CHECK(contains(prompt, "letters of the answers: A, B."));
  answer("synthesis:a/m1", "both");
  answer("verdict:a/m1", verdict_on(prompt, {"one", "two"}));
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "both\n");
  const Json stated = *parse_json(result.verdict_json);
  CHECK(stated["consensus"] == Json{{"score", 0.5}, {"label", "split"}, {"method", "position_cluster_ratio_v1"}});
  CHECK_FALSE(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "a verdict that names an unknown letter is requested once more, and then read") {
  verdict = true;
  begin(workflow_named("synthesize"), a_task(), 2);
  answer("answer:a/m1", "one");
  answer("answer:b/m2", "two");
  const std::string good = verdict_on(call_of("verdict:a/m1").user_prompt(), {"one", "two"});
  std::string bad = good;
  bad.replace(bad.find("\"member\":\"") + 10, 1, "Q");
  answer("verdict:a/m1", bad);
  CHECK(contains(call_of("verdict:a/m1").user_prompt(), "There is no answer \"Q\"."));
  answer("verdict:a/m1", good);
  answer("synthesis:a/m1", "both");
  CHECK(sink.last<TaskCompleted>().result.verdict_json != "");
  CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "with one answer there is no call for a verdict") {
  verdict = true;
  begin(workflow_named("synthesize"), a_task(), 2);
  answer("answer:a/m1", "one");
  fail("answer:b/m2");
  CHECK(providers.count() == 2);
  CHECK(sink.last<TaskCompleted>().result.verdict_absent_reason == "too_few_answers");
}

TEST_CASE_FIXTURE(RunFixture, "a workflow file of its own states phases, and reads the verdict in a later step") {
  begin(load(R"(
name = "mine"
description = "Two phases."
roles = ["chair"]
readiness = { drafts = 2, close = 1 }
answer = "{{summary}}"
[[steps]]
id = "draft"
agent = "Writer"
stage = "drafts"
each = "members"
output = "drafts"
on_error = "degrade"
prompt = "{{task}}"
[[steps]]
id = "verdict"
agent = "Judge"
stage = "verdict"
role = "chair"
kind = "verdict"
inputs = ["drafts"]
quorum = 2
prompt = "{{#drafts}}{{block}}\n{{/drafts}}{{verdict_form}}"
[[steps]]
id = "summary"
agent = "Writer"
stage = "close"
role = "chair"
inputs = ["verdict"]
prompt = "{{verdict}}")"),
        a_task(), 2);
  answer("draft:a/m1", "one");
  answer("draft:b/m2", "two");
  answer("verdict:a/m1", verdict_on(call_of("verdict:a/m1").user_prompt(), {"one", "two"}));
  CHECK(contains(call_of("summary:a/m1").user_prompt(), "Consensus: split (0.50)"));
  answer("summary:a/m1", "They differ.");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(parse_json(result.readiness_json)->at("status") == "ready");
  CHECK(result.answer == "They differ.");
}

}  // namespace plenum::tests
