// Steps that do not wait for the slowest member: late answers are ranked when they come, or dropped.
#include <nlohmann/json.hpp>
#include <set>

#include "common/json/json.h"
#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

using workflow::LatePolicy;
using workflow::RetryFrom;

std::shared_ptr<const workflow::Workflow> found_workflow(std::string_view name) {
  return workflow::Catalog::built_in()->find(std::string(name));
}

std::set<std::string> started(const WritingSink& sink) {
  std::set<std::string> chunks;
  for (const Event& event : sink.events) {
    if (event.type() == EventType::chunk_started) chunks.insert(event.source->chunk);
  }
  return chunks;
}

Json rankings_of(const TaskResult& result) { return *parse_json(result.rankings_json); }

// Members whose provider is this one never answer by themselves.
Script hanging(std::string provider) {
  return [provider = std::move(provider)](const std::string& called, const std::string& prompt) {
    Reply reply = usual_reply(called, prompt);
    reply.hangs = called == provider;
    return reply;
  };
}

// The text of a built-in file with `start = "quorum"` in this step.
std::string copy_with_quorum(const char* name, const std::string& step, const std::string& quorum = "quorum = 2") {
  std::string file = *found_workflow(name)->source;
  const std::size_t at = file.find("\nquorum", file.find("id = \"" + step + '"'));
  REQUIRE(at != std::string::npos);
  const std::size_t end = file.find('\n', at + 1);
  return file.substr(0, at + 1) + quorum + "\nstart = \"quorum\"" + file.substr(end);
}

struct Council : RunFixture {
  void begin_council(std::size_t members = 3) { begin(found_workflow("council"), a_task(), members); }
  void rank(const char* chunk, const std::vector<std::string_view>& texts) { answer(chunk, ranking_of(chunk, texts)); }
};

}  // namespace

TEST_CASE_FIXTURE(Council, "rankings of a council start as soon as one answer is missing, without any wait") {
  begin_council();
  answer("answer:a/m1", "alpha text");
  CHECK(started(sink).count("ranking:a/m1") == 0);
  clock.advance(milliseconds(500));
  providers.call(1).answer("beta text");
  turn();  // no time passes between the answer and the rankings
  CHECK(started(sink).count("ranking:a/m1") == 1);
  CHECK(started(sink).count("ranking:b/m2") == 1);
  CHECK(started(sink).count("ranking:c/m3") == 0);
  const std::string prompt = call_of("ranking:a/m1").user_prompt();
  CHECK(label_in(prompt, "alpha text") != label_in(prompt, "beta text"));
  CHECK_FALSE(holds(prompt, "3. Response"));
}

TEST_CASE_FIXTURE(Council,
                  "a late answer is ranked by all when it comes, and every ranking that counts has all answers") {
  begin_council();
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  rank("ranking:a/m1", {"beta text", "alpha text"});
  answer("ranking:b/m2", "Alpha lies.\n\n" + ranking_of("ranking:b/m2", {"beta text", "alpha text"}));
  CHECK(providers.count() == 5);  // the chairman waits
  pass(milliseconds(30'000));
  answer("answer:c/m3", "gamma text");
  CHECK(started(sink).count("ranking-late:a/m1") == 1);
  const std::string again = call_of("ranking-late:b/m2").user_prompt();
  CHECK(holds(again, "Alpha lies."));
  CHECK(label_in(again, "alpha text") == label_in(call_of("ranking:b/m2").user_prompt(), "alpha text"));
  CHECK(label_in(call_of("ranking:c/m3").user_prompt(), "gamma text") == label_in(again, "gamma text"));
  rank("ranking:c/m3", {"beta text", "alpha text", "gamma text"});
  rank("ranking-late:a/m1", {"gamma text", "beta text", "alpha text"});
  rank("ranking-late:b/m2", {"gamma text", "beta text", "alpha text"});
  CHECK(started(sink).count("ranking-late:c/m3") == 0);
  const std::string chair = call_of("synthesis:a/m1").user_prompt();
  CHECK(holds(chair, "Alpha lies."));  // the first reviews are not lost
  CHECK(holds(chair, fmt::format("1. Response {}: mean rank 1.00", label_in(chair, "gamma text"))));
  answer("synthesis:a/m1", "the answer");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.degraded);
  const Json rankings = rankings_of(result);
  REQUIRE(rankings["reviews"].size() == 3);
  for (const Json& review : rankings["reviews"]) CHECK(review["ranking"].size() == 3);
  for (const Json& row : rankings["standings"]) CHECK(row["rankings_count"] == 2);  // all but the author
  CHECK(rankings["standings"][0]["member"] == "c/m3");
  CHECK(sink.last<TaskProgress>().total_chunks == 9);
  CHECK(sink.last<TaskProgress>().completed == 9);
}

TEST_CASE_FIXTURE(Council, "answers that are there together need no second ranking") {
  begin_council();
  for (std::size_t member = 0; member < 3; ++member) providers.call(member).answer(fmt::format("text {}", member));
  turn();
  for (const char* chunk : {"ranking:a/m1", "ranking:b/m2", "ranking:c/m3"})
    rank(chunk, {"text 0", "text 1", "text 2"});
  answer("synthesis:a/m1", "the answer");
  CHECK(sink.last<TaskProgress>().total_chunks == 7);
  CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(Council,
                  "a late answer is dropped when the task requests it: its call is closed when the rankings start") {
  start.late = LatePolicy::drop;
  begin_council();
  CHECK(sink.last<TaskProgress>().total_chunks == 7);
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  CHECK_FALSE(call_of("answer:c/m3").open());
  rank("ranking:a/m1", {"beta text", "alpha text"});
  rank("ranking:b/m2", {"beta text", "alpha text"});
  answer("synthesis:a/m1", "the answer");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "the answer\n");
  CHECK(result.answers.at(2).status == ChunkStatus::skipped);
  CHECK(result.reasons == std::vector<std::string>{"Member (answer:c/m3): the answer was no longer needed"});
  CHECK(rankings_of(result)["standings"].size() == 2);
  CHECK(sink.last<TaskProgress>().total_chunks == 6);
}

TEST_CASE_FIXTURE(Council, "a council that waits ranks once, when all answers are there") {
  start.late = LatePolicy::wait;
  begin_council();
  CHECK(sink.last<TaskProgress>().total_chunks == 7);
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  CHECK(providers.count() == 3);
  answer("answer:c/m3", "gamma text");
  CHECK(providers.count() == 6);
}

TEST_CASE_FIXTURE(Council, "with a quorum and late ranking, several late answers need one further ranking in all") {
  start = {2, LatePolicy::rank};
  begin_council(4);
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  rank("ranking:a/m1", {"beta text", "alpha text"});
  rank("ranking:b/m2", {"beta text", "alpha text"});
  answer("answer:c/m3", "gamma text");
  CHECK(started(sink).count("ranking:c/m3") == 1);  // the late member reviews what is there
  CHECK(started(sink).count("ranking-late:a/m1") == 0);
  rank("ranking:c/m3", {"gamma text", "beta text", "alpha text"});
  answer("answer:d/m4", "delta text");
  const std::vector<std::string_view> order{"delta text", "gamma text", "beta text", "alpha text"};
  for (const char* chunk : {"ranking:d/m4", "ranking-late:a/m1", "ranking-late:b/m2", "ranking-late:c/m3"}) {
    rank(chunk, order);
  }
  answer("synthesis:a/m1", "the answer");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.degraded);
  CHECK(rankings_of(result)["standings"][0]["member"] == "d/m4");
  for (const Json& review : rankings_of(result)["reviews"]) CHECK(review["ranking"].size() == 4);
}

TEST_CASE_FIXTURE(Council, "a late member that fails costs no further ranking, and the chairman is called at once") {
  begin_council();
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  rank("ranking:a/m1", {"beta text", "alpha text"});
  rank("ranking:b/m2", {"beta text", "alpha text"});
  fail("answer:c/m3");
  answer("synthesis:a/m1", "the answer");
  CHECK(sink.last<TaskProgress>().total_chunks == 6);
  CHECK(rankings_of(sink.last<TaskCompleted>().result)["reviews"].size() == 2);
}

TEST_CASE_FIXTURE(Council, "a late ranking that fails or cannot be read does not replace the reviewer's earlier one") {
  begin_council();
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  rank("ranking:a/m1", {"beta text", "alpha text"});
  rank("ranking:b/m2", {"beta text", "alpha text"});
  answer("answer:c/m3", "gamma text");
  rank("ranking:c/m3", {"beta text", "alpha text", "gamma text"});
  fail("ranking-late:a/m1");
  answer("ranking-late:b/m2", "I like them all.");
  answer("ranking-late:b/m2", "Really.");
  answer("synthesis:a/m1", "the answer");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  const Json rankings = rankings_of(result);
  REQUIRE(rankings["reviews"].size() == 3);
  CHECK(rankings["reviews"][0]["ranking"] == Json::array({"b/m2", "a/m1"}));
  CHECK(rankings["reviews"][1]["ranking"] == Json::array({"b/m2", "a/m1"}));
}

TEST_CASE_FIXTURE(Council, "a follow-up call shows the same answers as the call that it follows") {
  begin_council();
  answer("answer:a/m1", "alpha text");
  answer("answer:b/m2", "beta text");
  answer("answer:c/m3", "gamma text");
  const std::string ranking = ranking_of("ranking:a/m1", {"beta text", "alpha text"});
  answer("ranking:a/m1", "I like them all.");
  const auto& repair = call_of("ranking:a/m1");
  CHECK(holds(repair.request.messages.at(1).content, "alpha text"));
  CHECK_FALSE(holds(repair.request.messages.at(1).content, "gamma text"));
  answer("ranking:a/m1", ranking);
  CHECK(started(sink).count("ranking-late:a/m1") == 1);
}

TEST_CASE("a council whose last answer is late continues from any cut of its log to the same end") {
  for (const std::string slow : {"c", "a"}) {
    for (const auto late : {LatePolicy::rank, LatePolicy::drop}) {
      Play play{"council"};
      play.start.late = late;
      // Slow: it answers when the rankings of the others have been made.
      play.script = [slow](const std::string& provider, const std::string& prompt) {
        Reply reply = usual_reply(provider, prompt);
        if (provider == slow && holds(prompt, "Say hello") && !holds(prompt, "# The question")) reply.retries = 40;
        return reply;
      };
      const Played whole = Player(play, 3).play();
      check_log(whole.events);
      for (std::size_t cut = 0; cut < whole.events.size(); ++cut) {
        CAPTURE(cut);
        const Played rest = Player(play, 103).play(continuation(whole.events, cut));
        const std::vector<Event> log = joined(whole.events, cut, rest.events);
        check_log(log);
        check_calls(whole.events, cut, rest);
        CHECK(result_of(log.back()).degraded == (late == LatePolicy::drop));
      }
    }
  }
}

TEST_CASE("with a quorum, every built-in workflow with lists ends without the member that hangs, and names it") {
  int tried = 0;
  for (const auto& workflow : workflow::Catalog::built_in()->all()) {
    const auto takes_list = [&](const workflow::Step& step) {
      return std::any_of(step.inputs.begin(), step.inputs.end(), [&](const workflow::StepInput& input) {
        return workflow->steps[input.step].each != workflow::Each::no;
      });
    };
    if (std::none_of(workflow->steps.begin(), workflow->steps.end(), takes_list)) continue;
    CAPTURE(workflow->name);
    ++tried;
    Play play{workflow->name};
    play.members = 4;
    play.start = {};
    play.start.quorum = workflow->name == "adversarial" ? 1 : 3;  // of two critics
    play.script = hanging("d");
    const Played played = Player(play, 1).play();
    check_log(played.events);
    CHECK(played.events.back().type() == EventType::task_completed);
    const TaskResult& result = result_of(played.events.back());
    CHECK(result.degraded);
    const auto skipped = std::count_if(result.answers.begin(), result.answers.end(), [](const MemberAnswer& answer) {
      return answer.member == "d/m4" && answer.status == ChunkStatus::skipped;
    });
    CHECK(skipped == 1);
    REQUIRE(result.reasons.size() == 1);
    CHECK(holds(result.reasons[0], "d/m4): the answer was no longer needed"));
    CHECK_FALSE(result.synthesis.empty());
    // Also after a restart, at any point.
    for (std::size_t cut = 0; cut < played.events.size(); ++cut) {
      CAPTURE(cut);
      const Played rest = Player(play, 7).play(continuation(played.events, cut));
      const std::vector<Event> log = joined(played.events, cut, rest.events);
      check_log(log);
      CHECK(log.back().type() == EventType::task_completed);
    }
  }
  CHECK(tried >= 5);
}

TEST_CASE("`start` of a copy of a built-in workflow has an effect, although the task omits steps") {
  Play play{copy_with_quorum("synthesize", "synthesis")};
  play.script = hanging("c");
  const Played played = Player(play, 1).play();
  check_log(played.events);
  CHECK(result_of(played.events.back()).reasons.size() == 1);
  CHECK_FALSE(result_of(played.events.back()).synthesis.empty());
  play.workflow = copy_with_quorum("debate", "reply");
  CHECK_FALSE(workflow::load_workflow(copy_with_quorum("council", "synthesis"), "copy.toml"));  // waits for rankings
}

TEST_CASE_FIXTURE(RunFixture, "a step that nothing waits for any longer is not started") {
  start.quorum = 2;
  begin(found_workflow("debate"), a_task(), 3, /*rounds_max=*/1);
  answer("opening:a/m1", "a0");
  answer("opening:b/m2", "b0");
  answer("reply-1:a/m1", "a1");
  answer("reply-1:b/m2", "b1");
  const std::size_t calls = providers.count();
  CHECK(started(sink).count("synthesis:a/m1") == 1);
  answer("opening:c/m3", "c0");  // no step could read its reply
  CHECK(providers.count() == calls);
  answer("synthesis:a/m1", "end");
  CHECK(sink.last<TaskCompleted>().result.answer == "end\n");
}

TEST_CASE("a retry from the synthesis reuses both rankings of a reviewer") {
  Play play{"council"};
  play.start = {};
  play.script = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "b" && holds(prompt, "Say hello") && !holds(prompt, "# The question")) reply.retries = 40;
    return reply;
  };
  const Played before = Player(play, 3).play();
  const auto past = recorded_in(before.events, before.events.size());
  REQUIRE(past.chunks.count("ranking-late:a/m1") == 1);
  auto taken = reused_run(past, assign_members(found_workflow("council"), 3), RetryFrom::synthesis);
  REQUIRE(taken);
  const Played after =
      Player(play, 9).play(workflow::Resume{std::move(*taken), workflow::Resume::Mode::reuse, milliseconds(0)});
  check_log(after.events);
  CHECK(after.prompts.size() == 1);
  CHECK(result_of(after.events.back()).rankings_json == result_of(before.events.back()).rankings_json);
}

}  // namespace plenum::tests
